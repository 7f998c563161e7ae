"""The grammar of printed lines: perhaps a prefix, a marker or a bar; then pairs of a name and a number.

    (log prefix) (bar) (marker n/N) name sep number unit, name sep number unit, ...

It says of every digit of a line what it is. What needs other lines, as columns and blocks do, is for
`mnist_repro.drafting.series`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from mnist_repro.drafting.vocabulary import Meaning, find_set_name, look_up

EPOCH_WORDS = frozenset({"epoch", "epochs", "period", "round"})

_PREFIX = re.compile(
    r"""^\s*(?: [IWEF]\d{4}\s[\d:.]*\s*\d*\s*[\w./-]+:\d+\]          # glog, absl
      | \[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?
      | \[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]? (?=\s)
      | (?:INFO|WARNING|ERROR|DEBUG):[\w.]*:
      | [IWEF]\d{4}\s[\w./-]+:\d+\] )(?:\s*-?\s*(?:INFO|WARNING|DEBUG)\b\s*:?)?""",
    re.VERBOSE,
)
_KERAS_BAR = re.compile(r"^\s*(?P<n>\d+)/(?P<total>\d+)\s*(?:\[[=>.\s]*\]|[━╸╺ ]*━[━╸╺ ]*|(?=-\s))")
_KERAS_TIME = re.compile(
    r"(?:^|(?<=[\s\-]))\d+(?::\d\d)*(?:s|ms|us)?(?:\s+\d+(?:us|ms|s|µs)/(?:step|sample|epoch))?(?=\s*-\s)"
)
_TQDM = re.compile(
    r"(?P<percent>\d+)%\|[^|]*\|\s*(?P<n>\d+)/(?P<total>\d+)\s*\[(?P<elapsed>[\d:]+)<(?P<left>[\d:?]+),"
    r"\s*(?P<rate>[\d.?]+)(?P<unit>\s?s/\w+|\s?\w+/s)"
)
_MARKER = re.compile(
    r"\b(?P<word>epochs?|period|iteration|iter|global[_ ]step|step|batch(?:_id|_idx)?|mini-?batch|round)"
    r"['\"]?[\s:#=\[(]*(?P<n>\d+)(?![\d.]*\s*(?:%|sec\b|s\b))(?:\s*(?:/|of)\s*(?P<total>\d+))?\b(?!\.\d)",
    re.IGNORECASE,
)
_BARE_MARKER = re.compile(r"^[>\s]*(?P<n>\d+)[:,]?\s+(?=[A-Za-z])(?!(?:of|s|sec|out)\b)")
_PROGRESS = re.compile(r"\[\s*\d+/\d+\s*\(\d+(?:\.\d+)?%\)\]")
_INDEX = re.compile(r"#\d+|\(#\d+\)")
_COUNT = re.compile(
    r"(?<![\w.,/])(?P<counted>\d[\d,]{0,9})\s*(?:/|of|out of)\s*(?P<all>[1-9][\d,]{2,9})"
    r"(?![\w/]|[.,]\d|\s*(?:step|batch|epoch|iter))"
)
# Not "0.91.5": of one that covers another in part, nobody knows where it ends.
_NUMBER = re.compile(r"(?<![\w.])[+-]?(?:\d+\.\d+|\.\d+|\d+\.(?!\w)|\d+)(?:[eE][+-]?\d+)?(?!\.?\d)")
_CLOCK = re.compile(r"(?<![\w.])\d+(?::\d\d)+(?:\.\d+)?")
_AFTER = re.compile(r"\s*(?P<unit>%|(?:s|secs?|seconds|ms|us|µs|mins?|minutes|h|hours)\b(?!/))?")
_DIGITS = re.compile(r"\d+")
_WORDS = re.compile(r"\w*\d\w*")

# What takes longer than reading a result does.
_MOST_COLUMNS, _MOST_NUMBERS = 500, 40

UNNAMED = "A number without a name that is known: claim it by hand if it is a result."


@dataclass(frozen=True, kw_only=True)
class Value:
    """A number with a name."""

    start: int  #: first column, counted from 0
    stop: int  #: column after the last
    text: str
    name: str  #: as printed; empty where the line has none
    meaning: Meaning | None
    unit: str = ""  #: "%" or a unit of time, as printed; "images" of a count


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A progress bar."""

    kind: str  #: "keras" or "tqdm"
    n: int
    total: int


@dataclass(kw_only=True)
class ParsedLine:
    """What the digits of a line are."""

    number: int  #: of the line, counted from 1
    text: str
    epoch: int | None = None
    step: int | None = None
    step_word: str = ""  #: such as "iteration"
    bar: Bar | None = None
    evaluation_set: str | None = None  #: of all its values, where it stands before the marker, as in "eval epoch 3"
    values: list[Value] = field(default_factory=list)
    excused: list[tuple[int, int, str]] = field(default_factory=list)  #: first column, column after the last, reason

    def excuse(self, span: tuple[int, int], reason: str) -> None:
        """Say why the digits in some columns are no result."""
        self.excused.append((*span, reason))

    def excuse_value(self, value: Value, reason: str) -> None:
        """Say why a value is no result."""
        self.values.remove(value)
        self.excuse((value.start, value.stop), reason)

    def is_free(self, span: tuple[int, int]) -> bool:
        """Return whether nothing was said of these columns."""
        taken = [(start, stop) for start, stop, _ in self.excused]
        taken += [(value.start, value.stop) for value in self.values]
        return all(span[1] <= start or span[0] >= stop for start, stop in taken)


def parse_line(text: str, *, number: int) -> ParsedLine:
    """Return what the digits of a printed line are."""
    line = ParsedLine(number=number, text=text)
    if not _DIGITS.search(text):
        return line
    runs = list(_DIGITS.finditer(text))
    if len(text) > _MOST_COLUMNS or len(runs) > _MOST_NUMBERS:
        for digits in runs:
            line.excuse(digits.span(), "In a line that is longer than results are.")
        return line
    if prefix := _PREFIX.match(text):
        line.excuse(prefix.span(), "Time and place that a log puts before its lines.")
    start = prefix.end() if prefix else 0
    _read_bar(line, start)
    _read_markers(line, start)
    _read_values(line, start)
    _inherit_set(line)
    for word in _WORDS.finditer(text):
        if line.is_free(word.span()):
            line.excuse(word.span(), "Part of a name.")
    for digits in runs:
        if line.is_free(digits.span()):
            line.excuse(digits.span(), "Part of a name.")
    line.values.sort(key=lambda value: value.start)
    return line


def _read_bar(line: ParsedLine, start: int) -> None:
    if match := _TQDM.search(line.text):
        line.bar = Bar(kind="tqdm", n=int(match["n"]), total=int(match["total"]))
        line.excuse(match.span("percent"), "Progress bar: fraction that is done.")
        line.excuse((match.start("n"), match.end("total")), "Progress bar: what is done, of all.")
        line.excuse(match.span("left"), "Progress bar: estimate of the time that remains.")
        # Results, where the bar counts periods.
        times = [("elapsed", "total_seconds")]
        if match["unit"].strip().startswith("s/"):
            times.append(("rate", "seconds_per_period"))
        else:
            line.excuse(match.span("rate"), "Progress bar: iterations a second.")
        for name, metric in times:
            first, stop = match.span(name)
            line.values.append(
                Value(start=first, stop=stop, text=match[name], name=name, meaning=Meaning(metric), unit="s")
            )
    elif match := _KERAS_BAR.match(line.text[start:]):
        line.bar = Bar(kind="keras", n=int(match["n"]), total=int(match["total"]))
        line.excuse((start + match.start(), start + match.end("total")), "Progress bar: what is done, of all.")
    # Keras with verbose=2 may print the time alone.
    if line.bar is None or line.bar.kind == "keras":
        for time in _KERAS_TIME.finditer(line.text, start):
            if line.is_free(time.span()) and (line.bar or re.match(r"\s*\d+s", line.text[start:])):
                line.excuse(time.span(), "Time that the bar rounds.")
                line.bar = line.bar or Bar(kind="keras", n=1, total=1)


def _read_markers(line: ParsedLine, start: int) -> None:
    for match in _MARKER.finditer(line.text, start):
        if not line.is_free(match.span("n")):
            continue
        word = match["word"].lower()
        if word in EPOCH_WORDS:
            line.epoch = int(match["n"]) if line.epoch is None else line.epoch
            line.evaluation_set = find_set_name(line.text[start : match.start()])
            reason = "Number of the period."
        else:
            # A global step says how long was trained before an evaluation.
            if not word.startswith("global"):
                line.step, line.step_word = int(match["n"]), word
            reason = "Number of the step."
        line.excuse((match.start(), match.end("total") if match["total"] else match.end("n")), reason)
    if line.epoch is None and line.step is None and line.bar is None:
        bare = _BARE_MARKER.match(line.text, start)
        if bare and look_up(re.split(r"\d", line.text[bare.end() :])[0]) is not None:
            line.epoch = int(bare["n"])
            line.excuse(bare.span("n"), "Number of the period.")
    for match in _PROGRESS.finditer(line.text):
        line.step = line.step or 0
        line.excuse(match.span(), "Images so far, of all.")
    for match in _INDEX.finditer(line.text):
        line.excuse(match.span(), "Number of an output.")


def _read_values(line: ParsedLine, start: int) -> None:
    done = start
    for match in _numbers(line.text, start):
        first, stop = match.span()
        before = [end for _, end, _ in line.excused if end <= first] + [v.stop for v in line.values if v.stop <= first]
        done = max([done, *before])
        if not line.is_free((first, stop)):
            continue
        name = _clean(line.text[done:first])
        last = line.values[-1] if line.values else None
        if (
            last
            and last.stop == done
            and last.unit == "images"
            and last.meaning
            and line.text[done:first].strip() == "("
        ):
            line.excuse((first, stop), "The count beside it is the claim: it is exact.")
            continue
        if not name and line.text[:done].rstrip().endswith(tuple("0123456789")) and line.excused:
            # "score #0: 0.9": the name stands before what was passed over.
            name = _clean(_before_passed(line, first))
        meaning = None if match.re is _CLOCK else _mean(name, line, first)
        after = _AFTER.match(line.text, stop)
        unit = (after and after["unit"]) or ""
        if re.search(r"(\(%\)|percent)\W*$", line.text[done:first]):
            unit = unit or "%"
        if meaning is None and unit == "%" and (on := find_set_name(name)):
            meaning = Meaning("accuracy", on)
        if match.re is _COUNT:
            unit, meaning = "images", meaning or (Meaning("accuracy") if not name and line.epoch is not None else None)
        line.values.append(Value(start=first, stop=stop, text=match[0], name=name, meaning=meaning, unit=unit))
        done = stop


def _numbers(text: str, start: int) -> list[re.Match[str]]:
    """Return the numbers of a line, its times such as 00:44 and its counts such as 9542 / 10000, in order."""
    counts = (m for m in _COUNT.finditer(text, start) if _as_int(m["counted"]) <= _as_int(m["all"]))
    whole = [*_CLOCK.finditer(text, start), *counts]
    inside = [match.span() for match in whole]
    others = [
        match
        for match in _NUMBER.finditer(text, start)
        if all(match.end() <= first or match.start() >= stop for first, stop in inside)
    ]
    return sorted([*whole, *others], key=re.Match.start)


def _as_int(digits: str) -> int:
    return int(digits.replace(",", ""))


def _inherit_set(line: ParsedLine) -> None:
    """Have "Test set: average loss 0.1, accuracy 0.9" say of both numbers what they were measured on."""
    first = next((value for value in line.values if value.meaning), None)
    named = first.meaning.evaluation_set if first and first.meaning and ":" in first.name else line.evaluation_set
    for i, value in enumerate(line.values if named else ()):
        if value.meaning and value.meaning.metric and value.meaning.evaluation_set is None:
            line.values[i] = replace(value, meaning=replace(value.meaning, evaluation_set=named))


def _before_passed(line: ParsedLine, first: int) -> str:
    start = max([s for s, stop, _ in line.excused if stop <= first], default=0)
    earlier = max([stop for _, stop, _ in line.excused if stop <= start], default=0)
    earlier = max([earlier, *(v.stop for v in line.values if v.stop <= start)])
    return line.text[earlier:start]


def _mean(name: str, line: ParsedLine, first: int) -> Meaning | None:
    meaning = look_up(name)
    # Caffe numbers the outputs of a test: the second is the loss.
    if meaning and meaning.metric == "accuracy" and re.search(r"score #1\W*$", line.text[:first]):
        return Meaning("loss", meaning.evaluation_set)
    return meaning


def _clean(name: str) -> str:
    """Return the name without what parts it from its neighbours."""
    name = re.sub(r"\b(?:INFO|DEBUG|WARNING)\b", "", name)
    parts = re.split(r"[,;|│]|(?:\s-\s)|\bis\b(?=\s)", re.sub(r"(?:[:=]|\sis)\s*$", "", name.rstrip(" \t('\"[{│|-:=")))
    named = [part for part in parts if re.search(r"[A-Za-z]", part)]
    return named[-1].strip(" \t:='\"()[]{}│|#-%") if named else ""
