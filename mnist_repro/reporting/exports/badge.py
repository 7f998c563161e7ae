"""A badge with the number of reported runs that reproduce, in the form that shields.io reads: `badge.json`.

Its colour follows from the verdicts of the published environment with the most runs:

- grey: nothing is published, or no run was judged
- red: a run was not reproduced
- yellow: else, a run is doubtful, inconclusive or not run
- grey: else, a run is consistent: with so few of ours nothing could have refuted it
- yellow-green: all decided; a run is explained by a change of its protocol
- green: every run reproduces
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mnist_repro.reporting.exports.json_numbers import dump_json
from mnist_repro.verdicts.environment import EnvironmentResult, select_front
from mnist_repro.verdicts.finding import REFUTED, Verdict

BADGE_FILE = "badge.json"

_LABEL = "MNIST runs"
_UNKNOWN = (Verdict.DOUBTFUL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
_GREY = "lightgrey"


def format_badge(results: Sequence[EnvironmentResult]) -> str:
    """Return `badge.json`."""
    front = select_front(results)
    message, color = describe_outcome(front.outcome() if front else Counter())
    return dump_json({"schemaVersion": 1, "label": _LABEL, "message": message, "color": color})


def describe_outcome(outcome: Counter[Verdict]) -> tuple[str, str]:
    """Return the message and the colour of the badge, by the verdicts on the reported runs."""
    reported = outcome.total() - outcome[Verdict.CHOSE]
    consistent, unknown = outcome[Verdict.CONSISTENT], sum(outcome[verdict] for verdict in _UNKNOWN)
    if unknown == reported:
        return "nothing judged", _GREY
    reproduced = outcome[Verdict.REPRODUCED] + outcome[Verdict.EXACT]
    message = f"{reproduced} of {reported} reproduce"
    for count, word in ((consistent, "consistent"), (unknown, "undecided")):
        message += f", {count} {word}" if count else ""
    if any(outcome[verdict] for verdict in REFUTED):
        return message, "red"
    if unknown:
        return message, "yellow"
    if consistent:
        return message, _GREY
    return message, "brightgreen" if reproduced == reported else "yellowgreen"
