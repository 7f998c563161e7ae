"""Write the report, or compare an existing one with the results."""

from __future__ import annotations

import shutil
from pathlib import Path

from mnist_repro.comparison.results import Results
from mnist_repro.errors import ReproError
from mnist_repro.reporting.figures.style import read_creator
from mnist_repro.reporting.html.inline_figures import blank_figures, list_creators
from mnist_repro.reporting.markdown.job_summary import append_summary, format_summary
from mnist_repro.reporting.rendering import render_report


def write_report(
    results: Results,
    output: Path,
    *,
    readme: Path | None = None,
    published: str | None = None,
    step_summary: Path | None = None,
) -> list[Path]:
    """Write the report to the folder `output`.

    Parameters
    ----------
    readme
        A page whose part between ``<!-- results -->`` and ``<!-- end of results -->`` is renewed too.
    published
        The way from `output` to a report of published runs, to which this one links; None without one.
    step_summary
        A file to which a short summary is appended, as Markdown for a page of CI.

    Returns
    -------
    list of Path
        The files written: `README.md`; a page for each environment, and for causes, versions, speed and gates;
        `index.html`, `claims.json` with its schema, `badge.json`, and figures.

    Raises
    ------
    ReproError
        If a file cannot be written, or `readme` has no such part.
    """
    with render_report(results, output=output, readme=readme, published=published) as made:
        for target, file in made.items():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            except OSError as error:  # noqa: PERF203 - the error names its file
                msg = f"{target} is a part of the report and cannot be written: {error}. Correct --output or --readme."
                raise ReproError(msg) from error
        if step_summary:
            append_summary(format_summary(results.shown, documents=results.documents), file=step_summary)
        return list(made)


def check_report(results: Results, output: Path, *, readme: Path | None = None) -> list[str]:
    """Compare the report in `output` with `results`, byte for byte.

    Figures, including those in `index.html`, are compared only where the same versions of the libraries drew them:
    other versions draw other bytes.

    Returns
    -------
    list of str
        A line for each file that is missing or differs; empty without differences.
    """
    differences = []
    with render_report(results, output=output, readme=readme) as made:
        for there, file in made.items():
            if not there.is_file():
                differences.append(f"{there} is missing. Write it with `mnist-repro report --publish`.")
            elif not is_as_made(there, made=file):
                differences.append(
                    f"{there} is not what the records give. Write it again with `mnist-repro report --publish`."
                )
    return differences


def is_as_made(there: Path, *, made: Path) -> bool:
    """Compare a file of the report with the file rendered now.

    Figures are compared only where the same versions of the libraries drew them. The same holds for figures inside an
    HTML page; its other bytes are always compared.
    """
    if made.suffix == ".svg" and read_creator(made) != read_creator(there):
        return True
    if made.read_bytes() == there.read_bytes():
        return True
    return made.suffix == ".html" and _is_page_as_made(there.read_bytes(), made=made.read_bytes())


def _is_page_as_made(there: bytes, *, made: bytes) -> bool:
    # A page that is not UTF-8 differs; it must not raise.
    pages = [page.decode("utf-8", errors="replace") for page in (there, made)]
    if list_creators(pages[0]) == list_creators(pages[1]):
        return False
    return blank_figures(pages[0]) == blank_figures(pages[1])
