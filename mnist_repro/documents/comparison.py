"""Two numbers of a document side by side: which is the greater, or how many times one is contained in the other.

Each comparison is an entry of `claims.toml` that names two claims of its document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.toml_schema import OPTIONAL_TEXT, TEXT, check_name, check_table
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two numbers of a document side by side.

    Parameters
    ----------
    id
        Name of the comparison, unique over all documents.
    document
        Id of the document.
    kind
        "ordering": `first` is the greater number; "ratio": how many times `second` is contained in `first`.
    first, second
        The two numbers.
    says
        What the document says or prints, in our words, without the numbers.
    note
        What a reader should know about it.
    """

    id: str
    document: str
    kind: Literal["ordering", "ratio"]
    first: Claim
    second: Claim
    says: str
    note: str | None = None

    @property
    def lines(self) -> tuple[int, ...]:
        """Lines of the stored text where the two numbers stand."""
        return self.first.line, self.second.line

    @property
    def experiments(self) -> tuple[str, ...]:
        """Ids of the experiments that gave the two numbers."""
        return tuple(claim.experiment for claim in (self.first, self.second) if claim.experiment)


# The metrics of which each makes sense.
_ORDERED = frozenset({"loss", "accuracy", "error"})
_TIMES = frozenset({"total_seconds"})

_KIND_KEYS = {"ordering": ("greater", "smaller"), "ratio": ("ratio_of", "to")}
_COMPARISON_KEYS = {
    **{key: OPTIONAL_TEXT for keys in _KIND_KEYS.values() for key in keys},
    "says": TEXT,
    "note": OPTIONAL_TEXT,
}


def read_comparisons(
    tables: Mapping[str, Any], *, claims: Sequence[Claim], document: str, file: str
) -> tuple[Comparison, ...]:
    """Read the tables ``[comparison.<name>]`` of the document's `file`, whose claims are `claims`.

    Raises
    ------
    ReproError
        If one breaks a rule, names no single claim of the document, or is not what the document prints.
    """
    known = {claim.id: claim for claim in claims}
    found = []
    for name, table in tables.items():
        place = f"{file}, comparison.{name}"
        check_name(name, place=place)
        check_table(table, keys=_COMPARISON_KEYS, place=place)
        named = {key for keys in _KIND_KEYS.values() for key in keys if key in table}
        kind = next((kind for kind, keys in _KIND_KEYS.items() if named == set(keys)), None)
        if kind is None:
            msg = (
                f"{place}: needs either greater and smaller, or ratio_of and to. "
                f"Received: {', '.join(sorted(named)) or 'none'}. Name two claims by one of these pairs."
            )
            raise ReproError(msg)
        first, second = (_find(table[key], known=known, place=f"{place}, {key}") for key in _KIND_KEYS[kind])
        _check_comparable(kind, first, second, place=place)
        words = {"says": table["says"], "note": table.get("note")}
        id_ = f"{document}.{name}"
        found.append(Comparison(id=id_, document=document, kind=kind, first=first, second=second, **words))  # type: ignore[arg-type] # a key of _KIND_KEYS
    return tuple(found)


def _find(id_: str, *, known: Mapping[str, Claim], place: str) -> Claim:
    if id_ not in known or known[id_].period is not None or known[id_].experiment is None:
        msg = f"{place}: must be the id of a claim of a whole run. Received: {id_!r}. Correct it there."
        raise ReproError(msg)
    return known[id_]


def _check_comparable(kind: str, first: Claim, second: Claim, *, place: str) -> None:
    metrics = _ORDERED if kind == "ordering" else _TIMES
    if first.metric not in metrics or (first.metric, first.unit) != (second.metric, second.unit):
        rule = f"both claims must be of one metric and unit, and the metric one of {', '.join(sorted(metrics))}"
        received = f"{first.metric} in {first.unit}, {second.metric} in {second.unit}"
    elif kind == "ordering" and first.value <= second.value:
        rule, received = "the document must print greater as the greater number", f"{first.printed}, {second.printed}"
    elif kind == "ratio" and second.value <= 0:
        rule, received = "to must be more than 0", second.printed
    else:
        return
    msg = f"{place}: {rule}. Received: {received}. Correct it there."
    raise ReproError(msg)
