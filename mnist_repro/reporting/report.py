"""Write the report."""

from __future__ import annotations

import shutil
from pathlib import Path

from mnist_repro.comparison.results import Results
from mnist_repro.errors import ReproError
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
        The files written: `README.md`; a page for each environment and each document with runs, and for causes,
        versions, speed and gates; `index.html`, `play.html` where a run is tested, `claims.json` with its schema,
        `badge.json`, and figures.

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
