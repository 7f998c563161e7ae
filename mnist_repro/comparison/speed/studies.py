"""Times of whole studies, read from the file that `benchmarks/speed/studies.py` writes.

    python benchmarks/speed/studies.py --records reports/records/NAME

and with `--busy-core` another file beside it: the same while another process keeps a core busy. Studies of one round
followed one another, so times are compared within a round: results are ratios of one round's times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_repro.documents.validation import From1, Positive
from mnist_repro.records.decoding import read_measurement
from mnist_repro.stats.estimates import Estimate, estimate_median
from mnist_repro.studies.timing import Part

STUDIES_FILE, BUSY_STUDIES_FILE = "studies.json", "studies-busy.json"


@dataclass(frozen=True, kw_only=True)
class MeasuredStudy:
    """One study that was timed, from its command to its end."""

    round: int  #: in which it was run; from 0
    experiment: str  #: id of the experiment
    seeds: From1  #: number of runs
    workers: From1  #: processes that trained
    wall_seconds: Positive  #: of the whole command
    seconds: dict[str, float]  #: the workers' time, by the name of each `Part`
    processor_share: float  #: fraction of the runs' time in which their processes had a processor
    processor: str  #: kind of processor

    def __post_init__(self) -> None:
        if self.seconds.keys() != {part.name for part in Part}:
            msg = f"has seconds of every part, and no other: {', '.join(part.name for part in Part)}"
            raise ValueError(msg)

    @property
    def outside_share(self) -> float:
        """Fraction of the workers' time outside training periods, including the command's start and end."""
        return 1.0 - self.seconds[Part.TRAINING.name] / (self.workers * self.wall_seconds)


@dataclass(frozen=True, kw_only=True)
class StudyRatio:
    """A ratio of studies' times."""

    experiment: str
    seeds: int
    workers: int
    estimate: Estimate  #: median over rounds, with its 95 % interval
    values: tuple[float, ...]  #: ratios of the rounds, ascending


@dataclass(frozen=True)
class _StudiesFile:
    studies: tuple[MeasuredStudy, ...]


def read_studies(folder: Path, *, is_busy: bool = False) -> tuple[MeasuredStudy, ...]:
    """Read the studies timed in an environment, or those timed with a core kept busy; empty where there are none.

    Raises
    ------
    ReproError
        If the file cannot be read or is not valid.
    """
    file = folder / (BUSY_STUDIES_FILE if is_busy else STUDIES_FILE)
    remedy = (
        f"Remove it and measure again: python benchmarks/speed/studies.py{' --busy-core' * is_busy} --records {folder}"
    )
    found = read_measurement(file, _StudiesFile, remedy=remedy)
    return found.studies if found else ()


def list_efficiencies(studies: Sequence[MeasuredStudy]) -> list[StudyRatio]:
    """Return the parallel efficiencies: one worker's time over n times that of n workers."""
    found = _relate_studies(
        studies,
        with_other=lambda study: (study.experiment, study.seeds, 1),
        ratio=lambda study, other: other.wall_seconds / (study.workers * study.wall_seconds),
    )
    return [each for each in found if each.workers > 1]


def list_growths(studies: Sequence[MeasuredStudy]) -> list[StudyRatio]:
    """Return the ratios of studies' times to those with half as many seeds."""
    return _relate_studies(
        studies,
        with_other=lambda study: (study.experiment, study.seeds / 2, study.workers),
        ratio=lambda study, other: study.wall_seconds / other.wall_seconds,
    )


def list_outside_shares(studies: Sequence[MeasuredStudy]) -> list[StudyRatio]:
    """Return the fractions of studies' time outside training periods."""
    return _relate_studies(studies, with_other=_kind_of, ratio=lambda study, _: study.outside_share)


def list_processor_shares(studies: Sequence[MeasuredStudy]) -> list[StudyRatio]:
    """Return the fractions of the runs' time in which their processes had a processor."""
    return _relate_studies(studies, with_other=_kind_of, ratio=lambda study, _: study.processor_share)


_Kind = tuple[str, float, int]


def _kind_of(study: MeasuredStudy) -> _Kind:
    return study.experiment, study.seeds, study.workers


def _relate_studies(
    studies: Sequence[MeasuredStudy],
    *,
    with_other: Callable[[MeasuredStudy], _Kind],
    ratio: Callable[[MeasuredStudy, MeasuredStudy], float],
) -> list[StudyRatio]:
    """Compare each study with another of its round, where there is one, and summarize the rounds of each kind."""
    by_kind = {(_kind_of(study), study.round): study for study in studies}
    found: dict[_Kind, list[float]] = {}
    for study in studies:
        if other := by_kind.get((with_other(study), study.round)):
            found.setdefault(_kind_of(study), []).append(ratio(study, other))
    return [
        StudyRatio(
            experiment=experiment,
            seeds=int(seeds),
            workers=workers,
            estimate=estimate_median(ratios),
            values=tuple(sorted(ratios)),
        )
        for (experiment, seeds, workers), ratios in sorted(found.items())
    ]
