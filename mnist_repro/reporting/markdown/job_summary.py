"""A summary for the page of a CI job, appended to the file that `GITHUB_STEP_SUMMARY` names.

Only `mnist-repro report` appends it: it reads all records, runs last whether the tests passed or not, and needs no
TensorFlow. If `run` and the test session did so too, a job would show the same verdicts three times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mnist_repro.documents.document import Document
from mnist_repro.errors import ReproError
from mnist_repro.reporting.escaping import escape_markdown
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING, format_made_with, list_family_cells
from mnist_repro.reporting.wording.reported_runs import HEADINGS, list_notes, list_run_cells, summarize_result
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import REFUTED

# GitHub's limit for one step; a larger file is not shown at all.
MOST_BYTES = 1024 * 1024

_CLAIM_HEADINGS = (
    "experiment",
    "claim",
    "document",
    "our mean (95 % CI)",
    "95 % range of a single run",
    "runs",
    "verdict",
)
_OPEN, _CLOSED = "<details>", "</details>"
_CUT = "*Cut here: the summary of a step has at most 1 MiB. The pages of the report have the rest.*\n"


def format_summary(results: Sequence[EnvironmentResult], *, documents: Mapping[str, Document]) -> str:
    """Return the summary of all environments as Markdown: outcomes, what did not reproduce, and every claim."""
    lines = ["## Do the documents' numbers reproduce?", ""]
    for result in results:
        lines += _describe(result, documents=documents)
    return "\n".join(lines) + "\n"


def _describe(result: EnvironmentResult, *, documents: Mapping[str, Document]) -> Iterator[str]:
    yield f"### {escape_markdown(result.name)}{'' if result.is_published else ', not published'}"
    yield ""
    if result.is_stand_in:
        yield f"> **{escape_markdown(STAND_IN_WARNING)}**"
        yield ""
    yield f"{escape_markdown(format_made_with(result))}."
    yield ""
    for document in documents.values():
        yield f"- **{escape_markdown(document.title)}**: {summarize_result(result, document.id)}"
    yield ""
    yield from _format_rows(HEADINGS, map(list_run_cells, result.runs), left=3)
    for note in list_notes(result.runs):
        yield escape_markdown(note)
        yield ""
    missed = [(each.id, each.finding) for each in result.judged if each.finding.verdict in REFUTED]
    if missed:
        yield "Not reproduced:"
        yield ""
        for name, finding in missed:
            yield f"- {escape_markdown(name)}: {escape_markdown(finding.reason)}"
        yield ""
    yield from _tabulate(result)


def _tabulate(result: EnvironmentResult) -> Iterator[str]:
    rows = [
        (experiment.protocol.id, *list_family_cells(family))
        for experiment in result.experiments
        if experiment.completed
        for family in experiment.families
    ]
    if not rows:
        return
    yield f"{_OPEN}<summary>Every claim about what was run</summary>"
    yield ""
    yield from _format_rows(_CLAIM_HEADINGS, rows, left=2)
    yield _CLOSED
    yield ""


def _format_rows(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> Iterator[str]:
    """Yield a table whose columns after the first `left` have numbers, and a blank line."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * left}{'--:|' * (len(headings) - left)}"
    yield from (f"| {' | '.join(map(escape_markdown, row))} |" for row in rows)
    yield ""


def append_summary(text: str, *, file: Path, most_bytes: int = MOST_BYTES) -> None:
    """Append `text` to the summary of a step; a long text is cut between two lines, and its end says so.

    Parameters
    ----------
    most_bytes
        Limit of the whole file, with what earlier commands of the step wrote.

    Raises
    ------
    ReproError
        If the file cannot be written.
    """
    try:
        room = most_bytes - (file.stat().st_size if file.exists() else 0)
        with file.open("a", encoding="utf-8", newline="\n") as summary:
            summary.write(_fit(text, room=room))
    except OSError as error:
        msg = f"GITHUB_STEP_SUMMARY names {file}, and that cannot be written: {error}. Correct or unset it."
        raise ReproError(msg) from error


def _fit(text: str, *, room: int) -> str:
    if len(text.encode()) <= room:
        return text
    # Room to close what was opened.
    longest_end = len(f"\n{_CLOSED}\n\n{_CUT}".encode())
    kept, size = [], 0
    for line in text.splitlines(keepends=True):
        size += len(line.encode())
        if size + longest_end > room:
            break
        kept.append(line)
    if not kept:
        # A file beyond the limit would not be shown at all.
        return ""
    is_open = sum(line.count(_OPEN) - line.count(_CLOSED) for line in kept) > 0
    return "".join([*kept, f"\n{_CLOSED}\n" if is_open else "", "\n", _CUT])
