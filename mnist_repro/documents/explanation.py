"""Why a number of a document does not reproduce: written by us, with a date, and worth what our runs support.

Each explanation is an entry of `claims.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mnist_repro.documents.toml_schema import TEXT, Key, check_table
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a family of claims does not reproduce; it counts where the runs of a variant support it.

    Parameters
    ----------
    family
        Id of the family or the comparison.
    date
        When it was written.
    variant
        Id of the changed experiment under which the document is possible.
    text
        The explanation in words.
    """

    family: str
    date: date
    variant: str
    text: str


_EXPLANATION_KEYS = {
    "family": TEXT,
    "date": Key(date, "a date such as 2025-01-31, without quotes"),
    "variant": Key(str, "the id of a variant, such as tf1-basic+relu", re.compile(r"[^+\s]+\+[^+\s]+").fullmatch),
    "text": TEXT,
}


def read_explanations(
    entries: Sequence[Any], *, experiments: Mapping[str, Sequence[str]], file: str
) -> tuple[Explanation, ...]:
    """Read the entries ``[[explanation]]`` of the document's `file`.

    Parameters
    ----------
    experiments
        Ids of the experiments of each family and each comparison that can be explained.

    Raises
    ------
    ReproError
        If one breaks a rule, explains what the document does not report, or by a variant of another experiment.
    """
    found = []
    for number, entry in enumerate(entries, 1):
        place = f"{file}, explanation {number}"
        check_table(entry, keys=_EXPLANATION_KEYS, place=place)
        if entry["family"] not in experiments:
            msg = (
                f"{place}: family must be the id of a family of claims of a run, without its period, or of a "
                f"comparison. Received: {entry['family']!r}. Correct it there."
            )
            raise ReproError(msg)
        if entry["variant"].partition("+")[0] not in experiments[entry["family"]]:
            own = ", ".join(experiments[entry["family"]])
            msg = (
                f"{place}: variant must be one of an experiment of the family: {own}. "
                f"Received: {entry['variant']!r}. Correct it there."
            )
            raise ReproError(msg)
        found.append(Explanation(**entry))
    return tuple(found)
