"""Printed lines become the results of runs: of which run, after which period, on which images."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mnist_repro.drafting.grammar import UNNAMED, ParsedLine, Value, parse_line
from mnist_repro.drafting.shapes import read_shapes
from mnist_repro.drafting.source import find_example, find_results
from mnist_repro.drafting.text import Region, StoredText
from mnist_repro.drafting.vocabulary import Meaning, look_up

MINI_BATCH = "Of one mini-batch: no experiment measures it."
UNFINISHED = "Progress bar that had not ended."
AGAIN = "A later line of the cell has the same name and period, and is the claim."
_FEWEST_STEPS = 2
_FEWEST_REPEATS = 3
_ON_IMAGES = ("loss", "accuracy", "error")
_SECONDS = frozenset({"s", "sec", "secs", "seconds"})
_TIMES = _SECONDS | {"ms", "us", "µs", "min", "mins", "minutes", "h", "hours"}


@dataclass(frozen=True, kw_only=True)
class Result:
    """A number that a run reports."""

    line: int  #: of the stored text, counted from 1
    value: Value
    metric: str
    evaluation_set: str | None  #: None where nothing says it
    run: int  #: which run of the document it is of, counted from 1; 0 for none
    mark: int | None  #: the period's number as printed; None for the whole run
    cell: str  #: label of what printed it
    running: bool = False  #: whether it is a mean over the period's batches, taken before each step
    example: int | None = None  #: the training image of a label


@dataclass
class Findings:
    """What all printed lines say."""

    results: list[Result] = field(default_factory=list)
    lines: dict[int, ParsedLine] = field(default_factory=dict)  #: each printed line, by its number
    run_cells: list[int] = field(default_factory=list)  #: the cell of each run, the first run first
    #: first lines of results that come again and again without a number, and are counted as periods
    counted: list[int] = field(default_factory=list)


def read_series(text: StoredText) -> Findings:
    """Return what the printed lines of a text say, cell after cell in the order in which they ran."""
    findings = Findings()
    sources = dict(text.sources())
    regions = sorted(text.regions(), key=lambda region: (text.cells[region.cell].order, region.first))
    for region in regions:
        numbers = range(region.first, region.last + 1)
        lines = [parse_line(text.lines[number - 1].text, number=number) for number in numbers]
        for line in lines:
            if text.lines[line.number - 1].kind == "label":
                line.values.clear()
                line.excused = [(*found.span(), "Number of a cell.") for found in re.finditer(r"\d+", line.text)]
        code = sources.get(region.cell, "")
        example = find_example(code)
        before = [each for cell, each in sources.items() if text.cells[cell].order < text.cells[region.cell].order]
        labelled = read_shapes(lines, results=find_results(code, before), example=example)
        findings.lines |= {line.number: line for line in lines}
        _name_by_headings(lines)
        _count_iterations(lines)
        findings.counted += _count_repeats(lines)
        _drop_sums(lines)
        _read_region(lines, region, findings, labelled=labelled, example=example)
    _drop_repeated(findings)
    reported = {(result.line, result.value.start) for result in findings.results}
    for line in findings.lines.values():
        for value in tuple(line.values):
            if (line.number, value.start) not in reported:
                line.excuse_value(value, UNNAMED)
    findings.results.sort(key=lambda result: (result.run, result.line))
    return findings


def _name_by_headings(lines: Sequence[ParsedLine]) -> None:
    """Name the numbers that stand alone behind a marker by the heading of their block, "Loss on validation data:"."""
    heading: tuple[str, Meaning] | None = None
    for line in lines:
        named = look_up(line.text) if re.search(r"[A-Za-z)]:\s*$", line.text) else None
        heading = (line.text.strip(" :"), named) if named else heading
        if heading and (line.epoch is not None or line.step is not None):
            for i, value in enumerate(line.values):
                if not value.name and not value.unit.startswith("s"):
                    line.values[i] = replace(value, name=heading[0], meaning=heading[1])


def _count_iterations(lines: Sequence[ParsedLine]) -> None:
    """Take iterations that are counted one by one for periods, where nothing else is."""
    counted = [line for line in lines if line.step is not None and line.step_word.startswith("iter")]
    steps = [line.step or 0 for line in counted]
    if any(line.epoch is not None for line in lines) or len(steps) < _FEWEST_STEPS:
        return
    if steps[-1] > steps[0] and all(after - before in (0, 1) for before, after in itertools.pairwise(steps)):
        for line in counted:
            line.epoch, line.step = line.step, None


def _count_repeats(lines: Sequence[ParsedLine]) -> list[int]:
    """Take results that come again and again, with no number beside them, for those of a period each.

    Returns
    -------
    list of int
        The first of their lines, if there are any.
    """
    names = {
        line.number: [value.name for value in line.values if value.meaning and value.meaning.metric in _ON_IMAGES]
        for line in lines
        if line.step is None and line.bar is None
    }
    times = Counter(name for each in names.values() for name in each)
    again = {name for name, count in times.items() if name and count >= _FEWEST_REPEATS}
    if any(line.epoch is not None for line in lines) or not again:
        return []
    seen: Counter[str] = Counter()
    counted = [line for line in lines if again.intersection(names.get(line.number, ()))]
    for line in counted:
        seen.update(names[line.number])
        line.epoch = max(seen[name] for name in names[line.number])
    return [counted[0].number]


def _drop_sums(lines: Sequence[ParsedLine]) -> None:
    """Leave out the loss that TensorFlow's estimator sums over a batch, where the mean stands beside it."""
    values = [(line, value) for line in lines for value in line.values if line.step is None]
    if any(value.name == "average_loss" for _, value in values):
        for line, value in values:
            if value.name == "loss":
                line.excuse_value(value, "A sum over a batch: average_loss is its mean.")


@dataclass
class _State:
    """Where in its output a program is."""

    periods: int  #: different periods that the output has
    recurrent: set[str]  #: names that come again after each period
    epoch: int | None = None
    step: int | None = None
    first: int | None = None
    bar_total: int | None = None
    run: int = 0


def _read_region(
    lines: Sequence[ParsedLine], region: Region, findings: Findings, *, labelled: int | None, example: int | None
) -> None:
    """Turn the values of one cell's output into results."""
    periods = len({line.epoch for line in lines if line.epoch is not None})
    state = _State(periods=periods, recurrent=_find_recurrent(lines))
    if periods:
        # What stands above the first marker, such as a bar, is of its run too.
        state.first = next(line.epoch for line in lines if line.epoch is not None)
        state.run = _begin_run(findings, region.cell)
    earlier = {_identify(result): result.value.text for result in findings.results}
    for line in lines:
        _advance(state, line, findings, region.cell)
        for value in tuple(line.values):
            if line.number == labelled:
                meaning, mark, reason = value.meaning, None, ""
            else:
                mark = _mark(state, line, value)
                meaning = value.meaning or _mean_of_time(line, value)
                reason = _excuse(state, line, value, meaning, mark)
            if reason or meaning is None or meaning.metric is None:
                line.excuse_value(value, reason or "No experiment measures it.")
                continue
            result = _make_result(line, value, meaning, mark=mark, cell=region.label)
            if line.number == labelled:
                result = replace(result, example=example)
            else:
                state.run = state.run or len(findings.run_cells) or _begin_run(findings, region.cell)
                result = replace(result, run=state.run)
                if not periods and earlier.get(_identify(result), value.text) != value.text:
                    # Another cell had it: the same name is of another network.
                    state.run = _begin_run(findings, region.cell)
                    result = replace(result, run=state.run)
            findings.results.append(result)


def _make_result(line: ParsedLine, value: Value, meaning: Meaning, *, mark: int | None, cell: str) -> Result:
    on_images = meaning.metric in _ON_IMAGES
    in_bar = line.bar is not None and line.bar.kind == "keras" and mark is not None
    # Keras names the set of all values but the training images'.
    is_training = on_images and (meaning.evaluation_set == "training" or (in_bar and meaning.evaluation_set is None))
    return Result(
        line=line.number,
        value=value,
        metric=meaning.metric or "",
        evaluation_set="training" if is_training else meaning.evaluation_set,
        run=0,
        mark=mark,
        cell=cell,
        running=is_training and (in_bar or "set" not in value.name.lower().split()),
    )


def _mean_of_time(line: ParsedLine, value: Value) -> Meaning | None:
    """Return the meaning of the seconds that stand behind a period's number, as in "Epoch 1 took 2.5s"."""
    is_time = value.unit in _SECONDS and line.epoch is not None and line.bar is None
    return Meaning("seconds_per_period") if is_time else None


def _begin_run(findings: Findings, cell: int) -> int:
    findings.run_cells.append(cell)
    return len(findings.run_cells)


def _advance(state: _State, line: ParsedLine, findings: Findings, cell: int) -> None:
    """Follow the markers; a run begins where periods are counted from the start again."""
    if line.step is not None:
        state.step = line.step
    if line.epoch is None:
        return
    if state.first is not None and line.epoch <= state.first and state.epoch not in (None, line.epoch):
        state.first, state.run = line.epoch, _begin_run(findings, cell)
    if line.epoch != state.epoch:
        state.epoch, state.bar_total = line.epoch, None


def _mark(state: _State, line: ParsedLine, value: Value) -> int | None:
    """Return the number of the period after which a value was measured."""
    if line.epoch is not None:
        return line.epoch
    if line.bar and line.bar.kind == "tqdm":
        return line.bar.n - 1 + (state.first or 0) if value.name == "rate" else None
    if line.bar and state.epoch is not None:
        # Another number of batches is another set: `evaluate` after the last period.
        state.bar_total = state.bar_total or line.bar.total
        return state.epoch if line.bar.total == state.bar_total else None
    return state.epoch if value.name.lower() in state.recurrent else None


def _excuse(state: _State, line: ParsedLine, value: Value, meaning: Meaning | None, mark: int | None) -> str:
    """Return why a value is no result; an empty text where it is one."""
    reason = ""
    if line.bar and line.bar.n < line.bar.total and line.bar.kind == "keras":
        reason = UNFINISHED
    elif line.bar and line.bar.kind == "tqdm":
        if value.name not in ("rate", "elapsed"):
            reason = MINI_BATCH
        elif line.bar.total != state.periods or (value.name == "elapsed" and line.bar.n < line.bar.total):
            reason = "Progress bar: time so far."
    elif meaning is None:
        reason = "Time." if value.unit in _TIMES else UNNAMED if _is_named(line, value) else "Part of a text."
    elif meaning.mini_batch or (line.step is not None and meaning.evaluation_set in (None, "training")):
        reason = MINI_BATCH
    elif meaning.metric in ("accuracy", "error") and not value.unit and float(value.text) > 100:  # noqa: PLR2004
        reason = "A count, perhaps, and nothing says of how many images: claim it by hand."
    elif meaning.metric == "learning_rate" and mark is None:
        reason = "A setting: no period stands beside it."
    elif line.step is not None and mark is None:
        reason = "After steps that are no period: claim it by hand."
    return reason


def _is_named(line: ParsedLine, value: Value) -> bool:
    """Return whether a number stands behind a name, or alone."""
    return re.search(r"(?:[:=]|^)\s*$", line.text[: value.start]) is not None


def _find_recurrent(lines: Sequence[ParsedLine]) -> set[str]:
    """Return the names, on lines without a marker, that come again after a later marker: those of blocks."""
    after: dict[str, set[int]] = defaultdict(set)
    epoch: int | None = None
    for line in lines:
        epoch = line.epoch if line.epoch is not None else epoch
        if line.epoch is None and epoch is not None and not line.bar:
            for value in line.values:
                after[value.name.lower()].add(epoch)
    return {name for name, epochs in after.items() if len(epochs) > 1}


def _drop_repeated(findings: Findings) -> None:
    """Keep the last of the results that are of the same run, period, metric and images."""
    last: dict[tuple[object, ...], Result] = {}
    for result in findings.results:
        if earlier := last.get(_identify(result)):
            findings.lines[earlier.line].excuse_value(earlier.value, AGAIN)
        last[_identify(result)] = result
    findings.results[:] = list(last.values())


def _identify(result: Result) -> tuple[object, ...]:
    """Return what no two results have in common."""
    # Where nothing says which images a result is of, its name does.
    on = result.evaluation_set or result.value.name.lower()
    return (result.run, result.metric, on, result.mark, result.example)
