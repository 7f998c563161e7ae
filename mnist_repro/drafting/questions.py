"""What no parser can know: asked in one table, each question with its best guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mnist_repro.documents.claim import read_whole
from mnist_repro.documents.toml_schema import ID_RULE, is_id
from mnist_repro.documents.validation import name_some
from mnist_repro.drafting.promises import Promise
from mnist_repro.drafting.recipe import Recipe
from mnist_repro.drafting.series import Findings, Result
from mnist_repro.errors import ReproError

_IMAGES = r"(?:train|test):\d{1,5}-\d{1,5}"
IMAGES_FORM = "train:FIRST-STOP or test:FIRST-STOP, positions counted from 0"
_TEST_IMAGES = 10_000
SETS = ("validation", "test", "training")


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something that the file does not say."""

    key: str  #: as `--answer` names it
    asks: str
    guess: str
    why: str  #: what the guess rests on
    form: str  #: what answers look like, in words
    pattern: str  #: the same as a regular expression
    is_needed: bool = True  #: whether no verdict is given without an answer
    answer: str | None = None

    @property
    def value(self) -> str:
        """The answer, or the guess where there is none."""
        return self.guess if self.answer is None else self.answer

    @property
    def is_open(self) -> bool:
        """Whether an answer is missing that a verdict needs."""
        return self.is_needed and self.answer is None


class Answers:
    """All questions, with the answers that were given."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self.questions = {question.key: question for question in questions}

    def __getitem__(self, key: str) -> str:
        return self.questions[key].value

    def get(self, key: str, default: str) -> str:
        """Return the answer to a question, or `default` where it was not asked."""
        return self.questions[key].value if key in self.questions else default

    def take(self, given: Mapping[str, str]) -> None:
        """Take answers to questions that were asked.

        Raises
        ------
        ReproError
            If one answers no question, or is none of the answers that are possible.
        """
        for key, answer in given.items():
            if key not in self.questions:
                msg = (
                    f"--answer KEY=VALUE answers a question of the table. Received: {key!r:.80}. "
                    f"Keys: {name_some(list(self.questions), most=20)}."
                )
                raise ReproError(msg)
            question = self.questions[key]
            if not re.fullmatch(question.pattern, answer) or (question.pattern == _IMAGES and not _is_range(answer)):
                msg = f"--answer {key}: {question.form}. Received: {answer!r:.80}. Correct it."
                raise ReproError(msg)
            self.questions[key] = replace(question, answer=answer)


def _is_range(answer: str) -> bool:
    source, first, stop = re.split("[:-]", answer)
    return int(first) < int(stop) <= (60_000 if source == "train" else 10_000)


def clean_name(name: str) -> str:
    """Return a printed name as questions have it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "value"


def name_quantity(metric: str, evaluation_set: str | None) -> str:
    """Return the name of a quantity in `claims.toml`."""
    return "-".join(filter(None, (evaluation_set, metric.replace("_", "-"))))


def ask_of_document(file_id: str, title: str, runs: int) -> list[Question]:
    """Return the questions about names, which need no answer."""
    names = [("id", "the document's id", file_id), ("title", "its title, for readers", title)]
    names += [(f"run-{n}", f"the id of the experiment of run {n}", f"{file_id}-{n}") for n in range(1, runs + 1)]
    return [
        Question(
            key=key,
            asks=asks,
            guess=guess,
            why="the file's name",
            form="a text" if key == "title" else ID_RULE,
            pattern=r"\S[^\n]{0,200}" if key == "title" else r"[a-z0-9]+(?:[.-][a-z0-9]+)*",
            is_needed=False,
        )
        for key, asks, guess in names
    ]


def ask_of_sets(findings: Findings, guessed: Mapping[str, str]) -> list[Question]:
    """Return for each name that does not say it the question on which images it was measured."""
    traced = {clean_name(name): on for name, on in guessed.items()}
    asked: dict[str, Question] = {}
    for result in findings.results:
        name = clean_name(result.value.name)
        on_images = result.metric in ("loss", "accuracy", "error")
        if not on_images or result.evaluation_set is not None or f"set.{name}" in asked:
            continue
        if name in traced:
            guess, why = traced[name], "the variables that it is printed from"
        elif result.mark is not None and result.metric == "loss":
            guess, why = "training", "a loss after each period that names no set"
        elif result.value.unit == "images" and read_whole(result.value.text, unit="images") == _TEST_IMAGES:
            guess, why = "test", "it counts as many images as the test set has"
        elif result.mark is not None:
            guess, why = "validation", "it is printed after each period"
        else:
            guess, why = "test", "it is printed once"
        asked[f"set.{name}"] = Question(
            key=f"set.{name}",
            asks=f"on which images {result.value.name or result.value.text!r:.60} was measured",
            guess=guess,
            why=why,
            form=f"one of {', '.join(SETS)}",
            pattern="|".join(SETS),
        )
    return list(asked.values())


def set_of(result: Result, answers: Answers) -> str | None:
    """Return the images that a result is of, as the file or the answers have it."""
    if result.metric not in ("loss", "accuracy", "error"):
        return None
    return result.evaluation_set or answers[f"set.{clean_name(result.value.name)}"]


def is_running(result: Result, answers: Answers) -> bool:
    """Return whether a result is a mean over the period's batches, which no experiment measures."""
    return _may_run(result, answers) and answers.get("training", "running") == "running"


def _may_run(result: Result, answers: Answers) -> bool:
    """Return whether a result is of training images, and its name does not speak of a set of them."""
    return set_of(result, answers) == "training" and (result.running or result.evaluation_set is None)


def ask_of_periods(findings: Findings, answers: Answers) -> list[Question]:
    """Return the questions how periods are counted and when training values were taken."""
    questions = []
    marks = [result.mark for result in findings.results if result.mark is not None]
    if marks:
        first = "0" if min(marks) == 0 else "1"
        question = Question(
            key="first-period",
            asks="whether periods are counted from 0 or from 1",
            guess=first,
            why=f"the lowest number that is printed is {min(marks)}",
            form="0 or 1",
            pattern="[01]",
        )
        questions.append(question)
    running = [result for result in findings.results if _may_run(result, answers)]
    if running:
        is_all = len(running) == len(findings.results)
        question = Question(
            key="training",
            asks="whether training values are running means, or measured after each period",
            guess="after" if is_all else "running",
            why="the file prints nothing else" if is_all else "most programs print the mean over the batches",
            form="running or after",
            pattern="running|after",
        )
        questions.append(question)
    return questions


def name_unit_key(result: Result, evaluation_set: str | None) -> str:
    """Return the key of the question for a result's unit."""
    return f"unit.run-{result.run}.{name_quantity(result.metric, evaluation_set)}"


def is_unit_doubtful(result: Result) -> bool:
    """Return whether a fraction's number and its percent sign disagree, or it lacks one."""
    return result.value.unit != "images" and (result.value.unit == "%") != (float(result.value.text) > 1)


def ask_of_units(findings: Findings, answers: Answers) -> list[Question]:
    """Return the questions for units, only where one is doubtful."""
    asked: dict[str, Question] = {}
    for result in findings.results:
        if result.metric not in ("accuracy", "error"):
            continue
        if not is_unit_doubtful(result):
            continue
        on, is_percent = set_of(result, answers), result.value.unit == "%"
        other = _complement(result, on, findings, answers)
        if is_percent:
            guess = "fraction" if result.metric == "accuracy" or other else "percent"
            why = "a percent sign beside a number of at most 1"
            why += f"; with the accuracy {other} it makes 1" if other else ""
        else:
            guess, why = "percent", "a number above 1"
        key = name_unit_key(result, on)
        asked[key] = Question(
            key=key,
            asks=f"the unit of {result.value.text!r:.40} in line {result.line}",
            guess=guess,
            why=why,
            form="fraction or percent",
            pattern="fraction|percent",
        )
    return list(asked.values())


def _complement(result: Result, on: str | None, findings: Findings, answers: Answers) -> str | None:
    """Return the accuracy on the same images that makes 1 with an error."""
    for other in findings.results:
        is_count = other.value.unit == "images"
        if (other.run, other.metric, is_count) == (result.run, "accuracy", False) and set_of(other, answers) == on:
            digits = max(0, len(result.value.text.partition(".")[2]))
            if abs(float(other.value.text) + float(result.value.text) - 1) < 0.51 * 10**-digits:
                return other.value.text
    return None


def ask_of_images(names: Sequence[str], recipe: Recipe, promises: Sequence[Promise]) -> list[Question]:
    """Return the questions which images each set is, and whether prose is to be judged."""
    told = recipe.cells.get("validation") or recipe.cells.get("trained_on")
    guesses = {
        "validation": (recipe.validation or "train:50000-60000", recipe.validation is not None),
        "test": ("test:0-10000", False),
        "training": (recipe.trained_on or "train:0-60000", False),
        "trained-on": (recipe.trained_on or "train:0-60000", recipe.trained_on is not None),
    }
    questions = [
        Question(
            key=f"images.{name}",
            asks="which images were trained on" if name == "trained-on" else f"which images {name!r} are",
            guess=guesses[name][0],
            why=f"the call of fit in {told}" if guesses[name][1] else "what most files mean",
            form=IMAGES_FORM,
            pattern=_IMAGES,
        )
        for name in [*names, "trained-on"]
    ]
    if promises:
        lines = ", ".join(str(line) for line in sorted({promise.line for promise in promises}))
        question = Question(
            key="promises",
            asks=f"whether prose states results, in line {lines:.60}",
            guess="yes",
            why="an accuracy is named beside the number",
            form="yes or no",
            pattern="yes|no",
        )
        questions.append(question)
    return questions


def make_id(name: str) -> str:
    """Return an id made of a file's name."""
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-")
    return made if is_id(made) else "document"
