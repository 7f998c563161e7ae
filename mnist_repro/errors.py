"""The one exception that users see."""

from __future__ import annotations


class ReproError(Exception):
    """Something a user can put right: bad input, missing data, a folder that cannot be written.

    The message is complete in itself: the rule, what was received, where, and the next step to take. The command line
    prints it alone, without a traceback, and ends with exit code 2.
    """
