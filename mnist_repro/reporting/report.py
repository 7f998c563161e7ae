"""The report: pages and figures, from records alone; written, or compared with what is there."""

from __future__ import annotations

import shutil
from pathlib import Path

from mnist_repro.errors import ReproError
from mnist_repro.reporting.figures.style import read_creator
from mnist_repro.reporting.html.inline_figures import blank_figures, list_creators
from mnist_repro.reporting.markdown.job_summary import append_summary
from mnist_repro.reporting.rendering import render_report


def write_report(
    output: Path,
    *,
    records: Path,
    readme: Path | None = None,
    baseline: Path | None = None,
    matrix: Path | None = None,
    step_summary: Path | None = None,
) -> list[Path]:
    """Write the report of all environments in `records` to the folder `output`.

    Parameters
    ----------
    readme
        A page whose part between ``<!-- results -->`` and ``<!-- end of results -->`` is written too.
    baseline
        Folder of the regression gate's baseline; where there is one, the page of the gate is written too.
    matrix
        The `tox.ini` that names the environments that versions are compared by; None compares those with records.
    step_summary
        A file to which a short summary is appended, as Markdown for a CI's page.

    Returns
    -------
    list of Path
        The files that were written: `README.md`, a page for each environment, those of the causes, of the versions, of
        speed and of the gate, all of it as one page, `index.html`, `claims.json` with its schema, `badge.json`, and
        figures.

    Raises
    ------
    ReproError
        If there are no records, one is broken, the gate was measured with another baseline, or the folder cannot be
        written.
    """
    with render_report(output, records=records, readme=readme, baseline=baseline, matrix=matrix) as (made, summary):
        for target, file in made.items():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            except OSError as error:  # noqa: PERF203 - the error names its file
                msg = f"{target} is a part of the report and cannot be written: {error}. Correct --output or --readme."
                raise ReproError(msg) from error
        if step_summary:
            append_summary(summary, file=step_summary)
        return list(made)


def check_report(
    output: Path, *, records: Path, readme: Path | None = None, baseline: Path | None = None, matrix: Path | None = None
) -> list[str]:
    """Compare the report in `output` with what `records` give, byte for byte.

    Figures, also those within `index.html`, are compared only where they were drawn by the same versions of the
    libraries: others draw other bytes.

    Returns
    -------
    list of str
        A line for each file that is missing or differs; empty where there is none.
    """
    differences = []
    with render_report(output, records=records, readme=readme, baseline=baseline, matrix=matrix) as (made, _):
        for there, file in made.items():
            if not there.is_file():
                differences.append(f"{there} is missing. Write it with `mnist-repro report`.")
            elif not is_as_made(there, made=file):
                differences.append(f"{there} is not what the records give. Write it again with `mnist-repro report`.")
    return differences


def is_as_made(there: Path, *, made: Path) -> bool:
    """Compare a file of the report with the same as it was made now.

    Figures are compared only where the same versions of the libraries drew them, as others draw other bytes; that holds
    also of those within a page, whose other bytes count in any case.
    """
    if made.suffix == ".svg" and read_creator(made) != read_creator(there):
        return True
    if made.read_bytes() == there.read_bytes():
        return True
    return made.suffix == ".html" and _is_page_as_made(there.read_bytes(), made=made.read_bytes())


def _is_page_as_made(there: bytes, *, made: bytes) -> bool:
    # A page that is no text is not as it was made, and is only compared.
    pages = [page.decode("utf-8", errors="replace") for page in (there, made)]
    if list_creators(pages[0]) == list_creators(pages[1]):
        return False
    return blank_figures(pages[0]) == blank_figures(pages[1])
