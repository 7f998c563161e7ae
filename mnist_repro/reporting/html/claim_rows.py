"""Everything that the documents report, as rows of one table with what a reader needs to check each verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mnist_repro.documents.comparison import Comparison
from mnist_repro.documents.document import Document
from mnist_repro.reporting.html.strips import Strip, Strips, place_runs
from mnist_repro.reporting.wording.numbers import format_mean, format_places, format_reported, list_family_cells
from mnist_repro.verdicts.document import Family, Said
from mnist_repro.verdicts.environment import EnvironmentResult, ExperimentResult
from mnist_repro.verdicts.finding import REFUTED, Basis, Finding, Verdict
from mnist_repro.verdicts.measured import Assessment
from mnist_repro.verdicts.uncertainty import Certainty

# Verdicts that a reader does not expect of a published result.
_SURPRISES = frozenset({*REFUTED, Verdict.EXPLAINED, Verdict.DOUBTFUL, Verdict.CONTRADICTED})


@dataclass(frozen=True, kw_only=True)
class Number:
    """One printed value beside our runs."""

    assessment: Assessment
    strip: Strip | None  #: the row of the drawing; None without runs


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """A claim or a curve, a comparison, or a statement, in one environment."""

    key: str  #: unique on a page; letters, digits, points and hyphens
    result: EnvironmentResult
    document: Document
    experiments: tuple[ExperimentResult, ...]
    name: str  #: the claim in few words
    finding: Finding
    lines: tuple[int, ...]  #: lines of the stored text
    reported: str = ""  #: the value in the document; empty for a statement
    ours: str = ""  #: our mean with its interval; empty without runs
    places: str = ""  #: how many values lie inside one run's interval; empty where that is not asked
    reported_value: float | None = None  #: sort key of `reported`
    our_value: float | None = None  #: sort key of `ours`
    numbers: tuple[Number, ...] = ()  #: the printed values; empty for a statement
    ticks: tuple[tuple[str, str], ...] = ()  #: places and labels of ticks on the common axis
    certainty: Certainty | None = None  #: uncertainty of our value, where it is known
    notes: tuple[str, ...] = ()

    @property
    def is_surprising(self) -> bool:
        """Whether something speaks against it, and it is no fact, which counts nothing."""
        return self.finding.basis is not Basis.FACT and self.finding.verdict in _SURPRISES

    @property
    def unit(self) -> str:
        """The unit of the sort keys: numbers of different units have no order."""
        unit = self.numbers[-1].assessment.claim.unit if self.numbers else ""
        return "fraction" if unit in {"percent", "images"} else unit


def list_rows(results: Iterable[EnvironmentResult], *, documents: Mapping[str, Document]) -> list[ClaimRow]:
    """Return the rows of all environments, each in the order of the documents."""
    return [row for place, result in enumerate(results, 1) for row in _Rows(result, place, documents).list()]


class _Rows:
    """Builds the rows of one environment, the `place`-th on its page."""

    def __init__(self, result: EnvironmentResult, place: int, documents: Mapping[str, Document]) -> None:
        self._result = result
        self._place = place
        self._documents = documents
        self._experiments = {experiment.protocol.id: experiment for experiment in result.experiments}
        self._assessments = {a.claim.id: a for family in result.families for a in family.assessments}
        certainties = (c for experiment in result.experiments for c in experiment.certainties)
        self._certainties = {certainty.claim.id: certainty for certainty in certainties}

    def list(self) -> list[ClaimRow]:
        rows = [
            self._describe_family(each) if isinstance(each, Family) else self._describe_said(each)
            for each in self._result.judged
        ]
        order = list(self._documents)
        return sorted(rows, key=lambda row: (order.index(row.document.id), row.finding.basis is Basis.FACT))

    def _describe_family(self, family: Family) -> ClaimRow:
        claim, summary = family.claim, family.assessments[-1].measured.summary
        subject, reported, *_ = list_family_cells(family)
        drawn = place_runs(family.assessments)
        return ClaimRow(
            key=self._key(family.id),
            result=self._result,
            document=self._documents[claim.document],
            experiments=self._find([claim.experiment] if claim.experiment else []),
            name=f"{subject} of training image {claim.example}" if claim.example else subject,
            finding=family.finding,
            lines=family.lines,
            # Where the document prints a wrong unit, that is the news.
            reported=f"{claim.printed} %" if claim.printed_unit == "percent" else reported,
            # Of promises and targets too, for which no run stands.
            ours=format_mean(summary, claim) if summary else "",
            places=format_places(family),
            reported_value=claim.fraction,
            our_value=summary.mean / claim.whole if summary else None,
            numbers=_pair(family.assessments, drawn),
            ticks=drawn.ticks if drawn else (),
            certainty=self._certainties.get(claim.id),
            notes=_unique(assessment.claim.note for assessment in family.assessments),
        )

    def _describe_said(self, said: Said) -> ClaimRow:
        subject = said.subject
        claims = (subject.first, subject.second) if isinstance(subject, Comparison) else ()
        assessments = [self._assessments[claim.id] for claim in claims]
        drawn = place_runs(assessments)
        return ClaimRow(
            key=self._key(subject.id),
            result=self._result,
            document=self._documents[subject.document],
            experiments=self._find(dict.fromkeys(subject.experiments)),
            name=subject.says,
            finding=said.finding,
            lines=said.lines,
            reported=" against ".join(map(format_reported, claims)),
            reported_value=claims[0].fraction if claims else None,
            numbers=_pair(assessments, drawn),
            ticks=drawn.ticks if drawn else (),
            notes=_unique([subject.note] if isinstance(subject, Comparison) else []),
        )

    def _key(self, name: str) -> str:
        return f"claim-{self._place}-{name}"

    def _find(self, names: Iterable[str]) -> tuple[ExperimentResult, ...]:
        return tuple(self._experiments[name] for name in names)


def _pair(assessments: Sequence[Assessment], drawn: Strips | None) -> tuple[Number, ...]:
    rows: Sequence[Strip | None] = drawn.rows if drawn else [None] * len(assessments)
    return tuple(Number(assessment=a, strip=strip) for a, strip in zip(assessments, rows, strict=True))


def _unique(notes: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for note in notes if note))
