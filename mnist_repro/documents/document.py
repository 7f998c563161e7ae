"""A document, with everything that it reports, as its `claims.toml` has it.

The first lines of a `claims.toml` say how to add a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from msgspec import Meta

from mnist_repro.documents.claim import METRIC_UNITS, ON_IMAGES, Claim, find_misfit
from mnist_repro.documents.comparison import Comparison, ComparisonTable, build_comparisons
from mnist_repro.documents.explanation import Explanation, check_explanations
from mnist_repro.documents.output import NotAClaim, Output
from mnist_repro.documents.revision import Revision
from mnist_repro.documents.statement import Statement, StatementTable, build_statements
from mnist_repro.documents.toml_schema import (
    ID_RULE,
    Id,
    Text,
    Traversable,
    check_table,
    check_unique,
    is_id,
    read_toml,
)
from mnist_repro.documents.validation import From1
from mnist_repro.errors import ReproError


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A contradiction within a document that no rule finds."""

    line: From1  #: of the stored text
    text: Text  #: what is wrong


_Fraction = Annotated[float, Meta(gt=0, lt=1, description="a fraction between 0 and 1")]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Which differences of a final accuracy, as fractions, matter to a document's readers."""

    strong_within: _Fraction = 0.015  #: largest bound of the difference of a strong verdict
    weak_beyond: _Fraction = 0.03  #: bound beyond which a verdict is weak

    def __post_init__(self) -> None:
        _require(
            self.strong_within <= self.weak_beyond,
            f"strong_within must be at most weak_beyond, {self.weak_beyond:g}",
            str(self.strong_within),
        )


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document, every number that it reports, and what it says beside them."""

    id: str
    title: str  #: for readers
    file: str  #: file name of the stored text
    sha256: str  #: of the file's bytes, 64 hexadecimal digits
    url: str | None  #: where it was published; None where unknown
    claims: tuple[Claim, ...]  #: in the order of `claims.toml`
    folder: Traversable = field(compare=False)  #: where its `claims.toml` is
    outputs: tuple[Output, ...]  #: where the stored text holds printed output; empty: everywhere
    not_claims: tuple[NotAClaim, ...]  #: which numbers of that output are no results
    remarks: tuple[Remark, ...]
    statements: tuple[Statement, ...] = ()  #: what it says of its experiments without a number
    comparisons: tuple[Comparison, ...] = ()  #: two of its numbers, compared
    explanations: tuple[Explanation, ...] = ()  #: why some of it does not reproduce
    material: Material = field(default_factory=Material)  #: what makes a verdict on it strong or weak
    revisions: tuple[Revision, ...] = ()  #: what changed in its source after its numbers were printed
    year: int | None = None  #: in which its numbers were printed; None where unknown
    framework: str | None = None  #: that printed them; None where unknown
    short: str | None = None  #: name in a few words, for tables and figures; without it the title up to a parenthesis
    #: whether only the atlas shows it; experiments of it that chance has a part in run only where they are named
    atlas_only: bool = False

    @property
    def name(self) -> str:
        """The short name."""
        return self.short or self.title.partition(" (")[0]


_METRIC, _UNIT = (
    Meta(pattern=rf"^(?:{'|'.join(names)})\Z", description=f"one of {', '.join(names)}")
    for names in (METRIC_UNITS, sorted({unit for units in METRIC_UNITS.values() for unit in units}))
)


@dataclass(frozen=True, kw_only=True)
class _Quantity:
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
        _require(
            self.unit in METRIC_UNITS[self.metric],
            f"the unit of {self.metric} must be one of {', '.join(METRIC_UNITS[self.metric])}",
            self.unit,
        )
        _require(
            not self.at_least or self.metric == "accuracy_promise", "at_least is of an accuracy_promise", self.metric
        )


@dataclass(frozen=True, kw_only=True)
class _Entry(_Quantity):
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
        _require(not misfit, misfit, self.printed)
        _require(
            self.printed_unit != self.unit,
            "printed_unit stands only where the document prints another unit than the true one, unit",
            self.unit,
        )
        _require(
            self.at_best is None or (self.period is None and self.metric in ON_IMAGES),
            f"at_best chooses the period of one of {', '.join(sorted(ON_IMAGES))}, which has no period beside it",
            f"{self.metric}, period {self.period}",
        )
        _require(
            (self.metric == "label") == (self.example is not None),
            "example, the training image counted from 1, stands with each label and with nothing else",
            self.metric,
        )


def _require(holds: bool, rule: str, received: str) -> None:  # noqa: FBT001 - as of assert
    if not holds:
        msg = f"{rule}. Received: {received!r}"
        raise ValueError(msg)


_NotEmpty = Meta(min_length=1, description="an array that is not empty")


@dataclass(frozen=True, kw_only=True)
class _Group:
    """An entry ``[[group]]``: claims about one experiment or about something else."""

    experiment: Text | None = None  #: id of the experiment that the claims are about
    about: Text | None = None  #: or of what they are about; ids of claims begin with either
    #: of an experiment that the document shows more than once: an id for a further run, with which ids of claims begin
    run: Text | None = None
    cell: Text | None = None  #: of a notebook, which printed them
    claims: dict[str, Annotated[tuple[dict[str, Any], ...], _NotEmpty]]  #: by the name of their quantity

    def __post_init__(self) -> None:
        if (self.experiment is None) == (self.about is None):
            msg = f"needs either experiment or about. Received: {'neither' if self.about is None else 'both'}"
            raise ValueError(msg)
        _require(self.run is None or self.experiment is not None, "run needs experiment beside it", str(self.run))

    @property
    def subject(self) -> str:
        """What its claims are about."""
        return str(self.run or self.experiment or self.about)


@dataclass(frozen=True, kw_only=True)
class _OutputTable:
    regions: tuple[Output, ...] = ()  #: empty: all lines
    not_claims: tuple[NotAClaim, ...] = ()  #: numbers that are no results


_FILE_NAME = r"^(?=.*[^. ])[^/\\:\x00-\x1f]+\Z"


@dataclass(frozen=True, kw_only=True)
class _File:
    """The content of `claims.toml`."""

    id: Id  #: of the document, unique over all documents
    title: Text
    file: Annotated[str, Meta(pattern=_FILE_NAME, description="the name of a file, without a folder")]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="64 lower-case hexadecimal digits in quotes")]
    url: Text | None = None
    year: Annotated[int, Meta(ge=1998, le=2100, description="a year such as 2018")] | None = None
    framework: Text | None = None
    short: Annotated[str, Meta(pattern=r"^(?=.*\S).{1,30}\Z", description="at most 30 letters on one line")] | None = (
        None
    )
    atlas_only: Annotated[bool, Meta(description="true or false")] = False  #: shown in the atlas alone
    quantity: dict[str, _Quantity]  #: what claims of one name have in common
    group: Annotated[tuple[_Group, ...], _NotEmpty]  #: the claims
    output: _OutputTable = _OutputTable()  #: what of the text was printed
    remarks: tuple[Remark, ...] = ()  #: contradictions that no rule finds
    statement: dict[str, StatementTable] = field(default_factory=dict)  #: what is said without a number
    comparison: dict[str, ComparisonTable] = field(default_factory=dict)  #: two claims side by side
    explanation: tuple[Explanation, ...] = ()  #: why a family does not reproduce
    material: Material = field(default_factory=Material)  #: what makes a verdict strong or weak
    revision: tuple[Revision, ...] = ()  #: what changed in its source after its numbers were printed

    def __post_init__(self) -> None:
        missing = [name for name in ("url", "year", "framework") if getattr(self, name) is None]
        _require(
            not (self.atlas_only and missing), "atlas_only needs url, year and framework", "no " + ", ".join(missing)
        )


def load_document(folder: Traversable) -> Document:
    """Return the document that the `claims.toml` in `folder` describes.

    Raises
    ------
    ReproError
        If the file is missing or breaks a rule.
    """
    place = str(folder / "claims.toml")
    content = read_toml(folder / "claims.toml")
    file = check_table(content, kind=_File, place=place)
    claims = tuple(
        claim
        for number, group in enumerate(file.group, 1)
        for claim in _expand(group, file=file, quantities=content["quantity"], place=f"{place}: group, entry {number}")
    )
    comparisons = build_comparisons(file.comparison, claims=claims, document=file.id, file=place)
    experiments: dict[str, tuple[str, ...]] = {c.family: (c.experiment,) for c in claims if c.experiment}
    experiments |= {comparison.id: comparison.experiments for comparison in comparisons}
    check_explanations(file.explanation, experiments=experiments, file=place)
    document = Document(
        id=file.id,
        title=file.title,
        file=file.file,
        sha256=file.sha256,
        url=file.url,
        claims=claims,
        folder=folder,
        outputs=file.output.regions,
        not_claims=file.output.not_claims,
        remarks=file.remarks,
        statements=build_statements(file.statement, document=file.id, file=place),
        comparisons=comparisons,
        explanations=file.explanation,
        material=file.material,
        revisions=file.revision,
        year=file.year,
        framework=file.framework,
        short=file.short,
        atlas_only=file.atlas_only,
    )
    check_unique(list_ids(document), place=place)
    return document


def labelled_examples(documents: Iterable[Document]) -> tuple[int, ...]:
    """Return the training images, counted from 1, whose label a document reports, in order."""
    return tuple(sorted({claim.example for document in documents for claim in document.claims if claim.example}))


def list_ids(document: Document) -> list[str]:
    """Return the ids of everything that gets a verdict, and of the points of curves."""
    others = [*(entry.id for entry in document.comparisons), *(entry.id for entry in document.statements)]
    return [*(claim.id for claim in document.claims), *others]


def _expand(group: _Group, *, file: _File, quantities: dict[str, dict[str, Any]], place: str) -> Iterator[Claim]:
    """Yield the claims of a group; an entry overrides its quantity, and that its group."""
    for name, entries in group.claims.items():
        series = f"{place} ({group.subject}), claims.{name}"
        if name not in quantities:
            known = ", ".join(quantities)
            msg = f"{series}: unknown quantity. Known: {known}. Correct it, or add a table [quantity.{name}]."
            raise ReproError(msg)
        for number, entry in enumerate(entries, 1):
            here = f"{series}, entry {number}"
            values = {"cell": group.cell, **quantities[name], **entry}
            check_table(values, kind=_Entry, place=here)
            id_ = ".".join([group.subject, name, *([str(values["period"])] if "period" in values else [])])
            if not is_id(id_):
                msg = f"{here}: id must be {ID_RULE}. Received: {id_!r}. Correct it there."
                raise ReproError(msg)
            yield Claim(id=id_, document=file.id, experiment=group.experiment, run=group.run, **values)
