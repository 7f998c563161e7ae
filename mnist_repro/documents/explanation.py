"""Why a number of a document does not reproduce: written by us, with a date, and worth what our runs support.

Each explanation is an entry ``[[explanation]]`` of `claims.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from mnist_repro.documents.revision import Day
from mnist_repro.documents.toml_schema import Text
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a family of claims does not reproduce; it counts where the runs of a variant support it."""

    family: Text  #: id of the family or the comparison
    date: Day  #: when it was written
    #: id of the changed experiment under which the document's numbers are possible
    variant: Annotated[
        str, Meta(pattern=r"^[^+\s]+\+[^+\s]+\Z", description="the id of a variant, such as tf1-basic+relu")
    ]
    text: Text  #: in words


def check_explanations(
    explanations: Sequence[Explanation], *, experiments: Mapping[str, Sequence[str]], file: str
) -> None:
    """Check that explanations are of what the document's `file` reports.

    Parameters
    ----------
    experiments
        Ids of the experiments of each family and each comparison that can be explained.

    Raises
    ------
    ReproError
        If one explains what the document does not report, or by a variant of another experiment.
    """
    for number, explanation in enumerate(explanations, 1):
        place = f"{file}: explanation, entry {number}"
        if explanation.family not in experiments:
            msg = (
                f"{place}: family must be the id of a family of claims of a run, without its period, or of a "
                f"comparison. Received: {explanation.family!r}. Correct it there."
            )
            raise ReproError(msg)
        own = experiments[explanation.family]
        if explanation.variant.partition("+")[0] not in own:
            msg = (
                f"{place}: variant must be one of an experiment of the family: {', '.join(own)}. "
                f"Received: {explanation.variant!r}. Correct it there."
            )
            raise ReproError(msg)
