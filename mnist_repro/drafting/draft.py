"""A file becomes the folder of a document: its stored text, `claims.toml` and `experiments.py`."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_repro.documents.document import load_document
from mnist_repro.drafting.claims import DraftedClaim, make_claims
from mnist_repro.drafting.claims_file import format_claims
from mnist_repro.drafting.experiments_file import format_experiments
from mnist_repro.drafting.grammar import UNNAMED
from mnist_repro.drafting.patterns import make_patterns
from mnist_repro.drafting.promises import find_promises
from mnist_repro.drafting.questions import (
    Answers,
    Question,
    ask_of_document,
    ask_of_images,
    ask_of_periods,
    ask_of_sets,
    ask_of_units,
    is_running,
    make_id,
    set_of,
)
from mnist_repro.drafting.reading import read_file
from mnist_repro.drafting.recipe import Recipe, read_recipe
from mnist_repro.drafting.series import Findings, read_series
from mnist_repro.drafting.source import guess_sets
from mnist_repro.drafting.text import Region, StoredText
from mnist_repro.errors import ReproError

_MOST_CLAIMS = 5_000
_MARK = "# Drafted by `mnist-repro draft`, {}: a file that was changed since is not drafted over.\n"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What was drafted."""

    content: str  #: the stored text
    claims: tuple[DraftedClaim, ...]
    claims_file: str  #: the text of `claims.toml`
    experiments_file: str  #: the text of `experiments.py`
    questions: tuple[Question, ...]  #: with their answers
    not_claimed: dict[str, int]  #: how many printed numbers are no claims, by reason
    by_hand: tuple[str, ...]  #: what remains to be looked at
    stored_name: str  #: file name of the stored text

    @property
    def gaps(self) -> int:
        """How many gaps `experiments.py` has, besides the questions that are open."""
        return self.experiments_file.count("gap(") - sum(question.is_open for question in self.questions)


def draft_file(file: Path, *, answers: Mapping[str, str]) -> Draft:
    """Draft a document from a file; nothing is written, and nothing of the file is run.

    Parameters
    ----------
    answers
        What the file does not say, by the key of its question.

    Raises
    ------
    ReproError
        If the file cannot be read, has no result, or an answer fits no question.
    """
    text = read_file(file)
    findings = read_series(text)
    promises = tuple(find_promises(text))
    if not findings.results and promises:
        # Sentences alone state the results of one run, that of the last source.
        findings.run_cells.append(max((cell for cell, _ in text.sources()), default=0))
    elif not findings.results:
        msg = (
            "FILE prints results with names that are known, such as accuracy or loss, and in a unit that claims.toml "
            f"has; {file} has none. Store its outputs, or write claims.toml by hand: docs/declaring.md has its fields."
        )
        raise ReproError(msg)
    if len(findings.results) > _MOST_CLAIMS:
        msg = f"A draft has at most {_MOST_CLAIMS:,} claims; {file} has {len(findings.results):,}. Cut its output."
        raise ReproError(msg)
    recipes = _read_recipes(text, findings)
    asked = Answers(
        [
            *ask_of_document(make_id(file.stem), file.stem, len(findings.run_cells)),
            *ask_of_sets(findings, guess_sets(code for _, code in text.sources())),
        ]
    )
    # Each round of questions rests on the answers before it.
    asked = _ask(asked, answers, ask_of_periods(findings, asked))
    asked = _ask(asked, answers, ask_of_units(findings, asked))
    measured_on = (set_of(result, asked) for result in findings.results if not is_running(result, asked))
    sets = [*dict.fromkeys(filter(None, measured_on))]
    asked = _ask(asked, answers, ask_of_images(sets, recipes[-1] if recipes else Recipe(), promises))
    asked.take(answers)
    claims = make_claims(text, findings, promises, asked)
    return _assemble(file, text, findings, claims=claims, answers=asked, recipes=recipes)


def _ask(asked: Answers, given: Mapping[str, str], more: list[Question]) -> Answers:
    grown = Answers([*asked.questions.values(), *more])
    grown.take({key: answer for key, answer in given.items() if key in grown.questions})
    return grown


def _read_recipes(text: StoredText, findings: Findings) -> list[Recipe]:
    """Return what the source up to each run tells."""
    sources = text.sources()
    recipes = []
    for cell in findings.run_cells:
        order = text.cells[cell].order
        before = [(text.cells[each].label, code) for each, code in sources if text.cells[each].order <= order]
        recipes.append(read_recipe(before))
    return recipes


def _assemble(
    file: Path,
    text: StoredText,
    findings: Findings,
    *,
    claims: list[DraftedClaim],
    answers: Answers,
    recipes: list[Recipe],
) -> Draft:
    if not claims:
        msg = (
            f"By the answers, {file} has no number that an experiment measures. Nothing is drafted; see docs/draft.md."
        )
        raise ReproError(msg)
    claimed: dict[int, list[str]] = {}
    for claim in claims:
        if claim.line in findings.lines:
            claimed.setdefault(claim.line, []).append(claim.printed)
    try:
        patterns, left = make_patterns(findings.lines, claimed=claimed)
    except ValueError as error:
        msg = f"{file} cannot be drafted: {error}. Draft the part of it that has the results."
        raise ReproError(msg) from error
    content, stored = text.content, f"{file.stem}.txt"
    head = {
        "id": answers["id"],
        "title": answers["title"],
        "file": stored,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
    }
    source = {"source": file.name, "source_sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    # A text that prints nothing has sentences alone; without regions all of it were output.
    told = [Region(cell=0, label="text", first=line, last=line) for line in sorted({claim.line for claim in claims})]
    toml = format_claims(claims, head=head, source=source, regions=text.regions() or told, not_claims=patterns)
    named = [(answers[f"run-{number}"], recipe) for number, recipe in enumerate(recipes, 1)]
    used = {claim.subject for claim in claims}
    python = format_experiments(claims, [(name, recipe) for name, recipe in named if name in used], answers)
    reasons = Counter(reason for line in findings.lines.values() for *_, reason in line.excused)
    return Draft(
        content=content,
        claims=tuple(claims),
        claims_file=toml,
        experiments_file=python,
        questions=tuple(answers.questions.values()),
        not_claimed=dict(reasons.most_common()),
        by_hand=tuple(_list_by_hand(text, findings, claims, left)),
        stored_name=stored,
    )


def _stands_twice(line: str, printed: str) -> bool:
    return len(re.findall(rf"(?<![\d.]){re.escape(printed)}(?!\.?\d)", line)) > 1


def _list_by_hand(
    text: StoredText, findings: Findings, claims: Sequence[DraftedClaim], left: Sequence[int]
) -> list[str]:
    found = list(text.problems)
    unnamed = [
        number
        for number, line in findings.lines.items()
        if any(reason == UNNAMED or "by hand" in reason for *_, reason in line.excused)
    ]
    if unnamed:
        lines = ", ".join(map(str, unnamed[:20])) + (f" and {len(unnamed) - 20} more" if len(unnamed) > 20 else "")  # noqa: PLR2004
        found.append(f"Lines with numbers that are to be claimed by hand if they are results: {lines}.")
    twice = sorted({claim.line for claim in claims if _stands_twice(text.lines[claim.line - 1].text, claim.printed)})
    if twice:
        found.append(f"Lines on which a claim's number stands more than once: {', '.join(map(str, twice[:20]))}.")
    if findings.counted:
        lines = ", ".join(map(str, findings.counted[:20]))
        found.append(
            f"Results that come again without a number are taken for those of one period each, from lines {lines} on."
        )
    if left:
        found.append(f"Lines that are the same as a claim's line, letter by letter: {', '.join(map(str, left[:20]))}.")
    return found


def write_draft(draft: Draft, folder: Path) -> None:
    """Write the folder of a document.

    Raises
    ------
    ReproError
        If it holds a file that was written or changed by hand, or cannot be written.
    """
    files = {
        "claims.toml": _mark(draft.claims_file),
        "experiments.py": _mark(draft.experiments_file),
        draft.stored_name: draft.content,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("claims.toml", "experiments.py"):
            _check_untouched(folder / name)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        msg = f"--output names a folder that can be written; {folder} cannot: {error}. Correct it."
        raise ReproError(msg) from error
    # What was written loads, or this program is wrong.
    load_document(folder)


def _mark(content: str) -> str:
    return _MARK.format(hashlib.sha256(content.encode()).hexdigest()[:16]) + content


def _check_untouched(file: Path) -> None:
    if file.exists():
        content = file.read_text(encoding="utf-8", errors="replace")
        if content != _mark(content.partition("\n")[2]):
            msg = (
                f"A draft replaces nothing that was written or changed by hand. Received: {file}. Name another folder."
            )
            raise ReproError(msg)
