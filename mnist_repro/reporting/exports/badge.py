"""A badge with the number of claims that reproduce, in the form that shields.io reads from an address: `badge.json`.

Its colour follows from the verdicts of the published environment with the most runs:

- grey: nothing is published, or nothing was judged
- red: something was not reproduced
- yellow: else, something is inconclusive or not run
- yellow-green: all decided; something is explained, or contradicted by its own document
- green: everything that can be judged reproduces
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mnist_repro.reporting.exports.json_numbers import dump_json
from mnist_repro.verdicts.environment import EnvironmentResult, select_front
from mnist_repro.verdicts.finding import DECIDED, Verdict

BADGE_FILE = "badge.json"

_LABEL = "MNIST claims"
_OPEN = (Verdict.INCONCLUSIVE, Verdict.NOT_RUN)


def format_badge(results: Sequence[EnvironmentResult]) -> str:
    """Return `badge.json`."""
    front = select_front(results)
    message, color = describe_outcome(front.outcome() if front else Counter())
    return dump_json({"schemaVersion": 1, "label": _LABEL, "message": message, "color": color})


def describe_outcome(outcome: Counter[Verdict]) -> tuple[str, str]:
    """Return the message and the colour of the badge."""
    decided = sum(outcome[verdict] for verdict in DECIDED)
    undecided = sum(outcome[verdict] for verdict in _OPEN)
    if not decided:
        return "nothing judged", "lightgrey"
    message = f"{outcome[Verdict.REPRODUCED]} of {decided} reproduce"
    if undecided:
        message += f", {undecided} undecided"
    if outcome[Verdict.NOT_REPRODUCED]:
        return message, "red"
    if undecided:
        return message, "yellow"
    return message, "brightgreen" if outcome[Verdict.REPRODUCED] == decided else "yellowgreen"
