"""A document, with everything that it reports, as its `claims.toml` has it.

The first lines of a `claims.toml` say how to add a claim.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from mnist_repro.documents.claim import Claim
from mnist_repro.documents.claim_tables import Group, QuantityTable, build_claims
from mnist_repro.documents.comparison import Comparison, ComparisonTable, build_comparisons
from mnist_repro.documents.explanation import Explanation, check_explanations
from mnist_repro.documents.output import NotAClaim, Output
from mnist_repro.documents.revision import Revision
from mnist_repro.documents.statement import Statement, StatementTable, build_statements
from mnist_repro.documents.toml_schema import (
    Id,
    Text,
    Traversable,
    check_rule,
    check_table,
    check_unique,
    parse_toml,
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
        check_rule(
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
    #: name of the package in which its own seed gives its numbers again, as the `replay.py` beside `claims.toml` does
    replay: str | None = None

    @property
    def name(self) -> str:
        """The short name."""
        return self.short or self.title.partition(" (")[0]


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
    replay: Text | None = None
    quantity: dict[str, QuantityTable]  #: what claims of one name have in common
    group: Annotated[tuple[Group, ...], Meta(min_length=1, description="an array that is not empty")]  #: the claims
    output: _OutputTable = _OutputTable()  #: what of the text was printed
    remarks: tuple[Remark, ...] = ()  #: contradictions that no rule finds
    statement: dict[str, StatementTable] = field(default_factory=dict)  #: what is said without a number
    comparison: dict[str, ComparisonTable] = field(default_factory=dict)  #: two claims side by side
    explanation: tuple[Explanation, ...] = ()  #: why a family does not reproduce
    material: Material = field(default_factory=Material)  #: what makes a verdict strong or weak
    revision: tuple[Revision, ...] = ()  #: what changed in its source after its numbers were printed

    def __post_init__(self) -> None:
        missing = [name for name in ("url", "year", "framework") if getattr(self, name) is None]
        check_rule(
            not (self.atlas_only and missing), "atlas_only needs url, year and framework", "no " + ", ".join(missing)
        )


def load_document(folder: Traversable) -> Document:
    """Return the document that the `claims.toml` in `folder` describes.

    Raises
    ------
    ReproError
        If the file is missing or breaks a rule.
    """
    text = read_toml(folder / "claims.toml")
    return _build_document(folder, text)  # type: ignore[arg-type]  # folders have hashes, though not by their type


@lru_cache(maxsize=64)  # a session of the gates asks for all documents a dozen times
def _build_document(folder: Traversable, text: str) -> Document:
    place = str(folder / "claims.toml")
    content = parse_toml(text, file=folder / "claims.toml")
    file = check_table(content, kind=_File, place=place)
    if (folder / "replay.py").is_file() != (file.replay is not None):
        msg = (
            f"{place}: replay, the name of a package, stands where the folder has a replay.py, and nowhere else. "
            f"Received: {file.replay!r}. Correct it there, or the folder."
        )
        raise ReproError(msg)
    claims = build_claims(file.group, quantities=content["quantity"], document=file.id, file=place)
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
        replay=file.replay,
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
