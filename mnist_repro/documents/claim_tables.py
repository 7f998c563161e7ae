"""Claims as `claims.toml` has them: groups of entries, each with what its quantity and its group say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from mnist_repro.documents.claim import METRIC_UNITS, ON_IMAGES, Claim, find_misfit
from mnist_repro.documents.toml_schema import ID_RULE, Text, check_rule, check_table, is_id
from mnist_repro.documents.validation import From1
from mnist_repro.errors import ReproError

_METRIC, _UNIT = (
    Meta(pattern=rf"^(?:{'|'.join(names)})\Z", description=f"one of {', '.join(names)}")
    for names in (METRIC_UNITS, sorted({unit for units in METRIC_UNITS.values() for unit in units}))
)


@dataclass(frozen=True, kw_only=True)
class QuantityTable:
    """A table ``[quantity.<name>]``: what claims of this name have in common."""

    metric: Annotated[str, _METRIC]
    unit: Annotated[str, _UNIT]
    evaluation_set: Text | None = None
    at_best: Text | None = None
    cut: Annotated[bool, Meta(description="true or false")] = False
    at_least: Annotated[bool, Meta(description="true or false")] = False
    of: From1 | None = None
    note: Text | None = None

    def __post_init__(self) -> None:
        check_rule(
            self.unit in METRIC_UNITS[self.metric],
            f"the unit of {self.metric} must be one of {', '.join(METRIC_UNITS[self.metric])}",
            self.unit,
        )
        check_rule(
            not self.at_least or self.metric == "accuracy_promise", "at_least is of an accuracy_promise", self.metric
        )


@dataclass(frozen=True, kw_only=True)
class Entry(QuantityTable):
    """A claim, with what its group and its quantity say."""

    line: From1
    printed: Text
    cell: Text | None = None
    period: From1 | None = None
    printed_unit: Annotated[str, _UNIT] | None = None
    example: From1 | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        misfit = find_misfit(self.printed, metric=self.metric, unit=self.unit, of=self.of)
        check_rule(not misfit, misfit, self.printed)
        check_rule(
            self.printed_unit != self.unit,
            "printed_unit stands only where the document prints another unit than the true one, unit",
            self.unit,
        )
        check_rule(
            self.at_best is None or (self.period is None and self.metric in ON_IMAGES),
            f"at_best chooses the period of one of {', '.join(sorted(ON_IMAGES))}, which has no period beside it",
            f"{self.metric}, period {self.period}",
        )
        check_rule(
            (self.metric == "label") == (self.example is not None),
            "example, the training image counted from 1, stands with each label and with nothing else",
            self.metric,
        )


_NotEmpty = Meta(min_length=1, description="an array that is not empty")


_From2 = Annotated[int, Meta(ge=2, description="a whole number from 2")]


@dataclass(frozen=True, kw_only=True)
class Group:
    """An entry ``[[group]]``: claims about one experiment or about something else."""

    experiment: Text | None = None  #: id of the experiment that the claims are about
    about: Text | None = None  #: or of what they are about; ids of claims begin with either
    #: of an experiment that the document shows more than once: an id for a further run, with which ids of claims begin
    run: Text | None = None
    best_of: _From2 | None = None  #: of how many runs each number is the best
    mean_of: _From2 | None = None  #: or the mean
    cell: Text | None = None  #: of a notebook, which printed them
    claims: dict[str, Annotated[tuple[dict[str, Any], ...], _NotEmpty]]  #: by the name of their quantity

    def __post_init__(self) -> None:
        if (self.experiment is None) == (self.about is None):
            msg = f"needs either experiment or about. Received: {'neither' if self.about is None else 'both'}"
            raise ValueError(msg)
        check_rule(self.run is None or self.experiment is not None, "run needs experiment beside it", str(self.run))
        gathered = {"best_of": self.best_of, "mean_of": self.mean_of}
        named = [name for name, runs in gathered.items() if runs]
        periods = [entry["period"] for entries in self.claims.values() for entry in entries if "period" in entry]
        check_rule(
            not named or (len(named) == 1 and self.experiment is not None and not periods),
            "best_of or mean_of stands in a group about an experiment, without the other and without periods",
            f"{', '.join(named)}{f', period {periods[0]}' if periods else ''}",
        )

    @property
    def subject(self) -> str:
        """What its claims are about."""
        return str(self.run or self.experiment or self.about)


def build_claims(
    groups: Iterable[Group], *, quantities: Mapping[str, dict[str, Any]], document: str, file: str
) -> tuple[Claim, ...]:
    """Build the claims of a document's `file` from its groups.

    Parameters
    ----------
    quantities
        What entries of one name have in common, as the file has it, by that name.

    Raises
    ------
    ReproError
        If an entry breaks a rule, or some numbers of a run are of another number of runs than the others.
    """
    claims = tuple(
        Claim(document=document, **values)
        for number, group in enumerate(groups, 1)
        for values in _expand(group, quantities=quantities, place=f"{file}: group, entry {number}")
    )
    made: dict[str, Claim] = {}
    for claim in claims:
        first = made.setdefault(claim.run_id or claim.id, claim)
        if (first.best_of, first.mean_of) != (claim.best_of, claim.mean_of):
            msg = (
                f"{file}: all groups of a run have the same best_of, or mean_of. Received: others for {first.id} and "
                f"{claim.id}. Correct it there, or name another run by run."
            )
            raise ReproError(msg)
    return claims


def _expand(group: Group, *, quantities: Mapping[str, dict[str, Any]], place: str) -> Iterator[dict[str, Any]]:
    """Yield the fields of a group's claims; an entry overrides its quantity, and that its group."""
    made = {name: getattr(group, name) for name in ("experiment", "run", "best_of", "mean_of")}
    for name, entries in group.claims.items():
        series = f"{place} ({group.subject}), claims.{name}"
        if name not in quantities:
            known = ", ".join(quantities)
            msg = f"{series}: unknown quantity. Known: {known}. Correct it, or add a table [quantity.{name}]."
            raise ReproError(msg)
        for number, entry in enumerate(entries, 1):
            here = f"{series}, entry {number}"
            values = {"cell": group.cell, **quantities[name], **entry}
            check_table(values, kind=Entry, place=here)
            id_ = ".".join([group.subject, name, *([str(values["period"])] if "period" in values else [])])
            if not is_id(id_):
                msg = f"{here}: id must be {ID_RULE}. Received: {id_!r}. Correct it there."
                raise ReproError(msg)
            yield {"id": id_, **made, **values}
