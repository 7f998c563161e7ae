"""Two numbers of a document side by side: which is the greater, or their ratio.

Each comparison is a table of `claims.toml` that names two claims of its document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.toml_schema import Text, check_name
from mnist_repro.documents.validation import name_some
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two numbers of a document side by side."""

    id: str  #: unique over all documents
    document: str  #: id of the document
    kind: Literal["ordering", "ratio"]  #: "ordering": `first` is the greater; "ratio": `first` over `second`
    first: Claim
    second: Claim
    says: str  #: what the document says or prints, in our words, without the numbers
    note: str | None = None  #: what a reader should know about it

    @property
    def lines(self) -> tuple[int, ...]:
        """Lines of the stored text where the two numbers stand."""
        return self.first.line, self.second.line

    @property
    def experiments(self) -> tuple[str, ...]:
        """Ids of the experiments that gave the two numbers."""
        return tuple(claim.experiment for claim in (self.first, self.second) if claim.experiment)


# Metrics that each kind compares.
_ORDERED = frozenset({"loss", "accuracy", "error"})
_TIMES = frozenset({"total_seconds"})

_KINDS: dict[tuple[str, ...], Literal["ordering", "ratio"]] = {
    ("greater", "smaller"): "ordering",
    ("ratio_of", "to"): "ratio",
}


@dataclass(frozen=True, kw_only=True)
class ComparisonTable:
    """A table ``[comparison.<name>]`` of `claims.toml`, with the ids of two claims."""

    greater: Text | None = None  #: id of the claim that is printed as the greater number
    smaller: Text | None = None  #: id of the other
    ratio_of: Text | None = None  #: or id of a claim of a time,
    to: Text | None = None  #: and id of the one that it is divided by
    says: Text  #: in our words, without the numbers
    note: Text | None = None  #: what a reader should know about it

    def __post_init__(self) -> None:
        if self.named not in _KINDS:
            received = ", ".join(self.named) or "neither"
            msg = f"needs either greater and smaller, or ratio_of and to. Received: {received}"
            raise ValueError(msg)

    @property
    def named(self) -> tuple[str, ...]:
        """The keys that name claims."""
        return tuple(key for keys in _KINDS for key in keys if getattr(self, key) is not None)


def build_comparisons(
    tables: Mapping[str, ComparisonTable], *, claims: Sequence[Claim], document: str, file: str
) -> tuple[Comparison, ...]:
    """Build the comparisons of a document's `file` from its tables, by name, and its claims.

    Raises
    ------
    ReproError
        If one names no single claim of the document, or is not what the document prints.
    """
    known = {claim.id: claim for claim in claims}
    found = []
    for name, table in tables.items():
        place = f"{file}, comparison.{name}"
        check_name(name, place=place)
        kind = _KINDS[table.named]
        first, second = (_find(getattr(table, key), known=known, place=f"{place}, {key}") for key in table.named)
        _check_comparable(kind, first, second, place=place)
        found.append(
            Comparison(
                id=f"{document}.{name}",
                document=document,
                kind=kind,
                first=first,
                second=second,
                says=table.says,
                note=table.note,
            )
        )
    return tuple(found)


def _find(id_: str, *, known: Mapping[str, Claim], place: str) -> Claim:
    usable = [claim.id for claim in known.values() if claim.period is None and claim.experiment is not None]
    if id_ not in usable:
        msg = (
            f"{place}: must be the id of a claim of a whole run, which is claimed without `period`, such as the number "
            f"that it ends with. Received: {id_!r}. Ids: {name_some(usable) or 'none yet'}. Correct it there."
        )
        raise ReproError(msg)
    return known[id_]


def _check_comparable(kind: str, first: Claim, second: Claim, *, place: str) -> None:
    metrics = _ORDERED if kind == "ordering" else _TIMES
    if first.metric not in metrics or (first.metric, first.whole) != (second.metric, second.whole):
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
