"""The report: pages and figures, from records alone."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment as Templates, PackageLoader, StrictUndefined

from mnist_repro.claims import load_documents
from mnist_repro.errors import ReproError
from mnist_repro.protocols import load_protocols
from mnist_repro.records import LOCAL_ENVIRONMENT, open_stores
from mnist_repro.reporting import formats
from mnist_repro.reporting.cause_tables import format_cause, format_sensitivity, summarize_causes
from mnist_repro.reporting.contents import summarize_environment
from mnist_repro.reporting.contradictions import collect_contradictions
from mnist_repro.reporting.gate_page import (
    format_detections,
    format_false_alarms,
    format_remedy,
    format_shift,
    summarize_gate,
)
from mnist_repro.reporting.illustrations import draw_environment
from mnist_repro.reporting.svg import read_creator
from mnist_repro.reporting.terminal import STAND_IN_WARNING

_FIGURES = "figures"
_README_PART = re.compile(r"(?<=<!-- results -->\n).*(?=<!-- end of results -->)", re.DOTALL)


def write_report(
    output: Path, *, records: Path, readme: Path | None = None, baseline: Path | None = None
) -> list[Path]:
    """Write the report of all environments in `records` to the folder `output`.

    Parameters
    ----------
    readme
        A page whose part between ``<!-- results -->`` and ``<!-- end of results -->`` is written too.
    baseline
        Folder of the regression gate's baseline; where there is one, the page of the gate is written too.

    Returns
    -------
    list of Path
        The files that were written: `README.md`, a page for each environment, those of the causes and of the gate, and
        figures.

    Raises
    ------
    ReproError
        If there are no records, one is broken, the gate was measured with another baseline, or the folder cannot be
        written.
    """
    with _rendered(output, records=records, readme=readme, baseline=baseline) as made:
        for target, file in made.items():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            except OSError as error:  # noqa: PERF203 - the error names its file
                msg = f"{target} is a part of the report and cannot be written: {error}. Correct --output or --readme."
                raise ReproError(msg) from error
        return list(made)


def check_report(output: Path, *, records: Path, readme: Path | None = None, baseline: Path | None = None) -> list[str]:
    """Compare the report in `output` with what `records` give, byte for byte.

    Figures are compared only where they were drawn by the same versions of the libraries: others draw other bytes.

    Returns
    -------
    list of str
        A line for each file that is missing or differs; empty where there is none.
    """
    differences = []
    with _rendered(output, records=records, readme=readme, baseline=baseline) as made:
        for there, file in made.items():
            if not there.is_file():
                differences.append(f"{there} is missing. Write it with `mnist-repro report`.")
            elif _is_comparable(file, there) and file.read_bytes() != there.read_bytes():
                differences.append(f"{there} is not what the records give. Write it again with `mnist-repro report`.")
    return differences


def _is_comparable(made: Path, there: Path) -> bool:
    return made.suffix != ".svg" or read_creator(made) == read_creator(there)


@contextmanager
def _rendered(output: Path, *, records: Path, readme: Path | None, baseline: Path | None) -> Iterator[dict[Path, Path]]:
    """Render the whole report into files that are gone afterwards; yield these by where they belong."""
    documents, protocols = load_documents(), load_protocols()
    stores = open_stores(records)
    results = [summarize_environment(store, documents=documents, protocols=protocols) for store in stores]
    # A user's own runs come first: they are what the user looks for.
    results.sort(key=lambda result: (result.name != LOCAL_ENVIRONMENT, result.name))
    templates = _templates()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {}
        for result in results:
            drawn = draw_environment(result, folder=folder / _FIGURES / result.name)
            figures[result.name] = {what: f"{_FIGURES}/{result.name}/{file}" for what, file in drawn.items()}
            page = templates.get_template("environment.md.j2").render(
                result=result, documents=documents, figures=figures[result.name]
            )
            _write(folder / f"{result.name}.md", page)
        gate = summarize_gate(baseline, records=records, protocols=protocols) if baseline else None
        if gate:
            _write(folder / "gate.md", templates.get_template("gate.md.j2").render(gate=gate))
        explained = [result for result in results if result.causes]
        if explained:
            page = templates.get_template("causes.md.j2").render(results=explained, figures=figures)
            _write(folder / "causes.md", page)
        page = templates.get_template("index.md.j2").render(
            results=results,
            gate=gate,
            documents=documents,
            figures=figures,
            contradictions={
                name: collect_contradictions(document, results=results) for name, document in documents.items()
            },
        )
        _write(folder / "README.md", page)
        made = {output / file.relative_to(folder): file for file in sorted(folder.rglob("*")) if file.is_file()}
        # Where no run completed there is no figure, and nothing to show.
        published = [
            result
            for result in results
            if result.name != LOCAL_ENVIRONMENT and not result.is_stand_in and "overview" in figures[result.name]
        ]
        if readme and not published:
            msg = f"{readme} shows published runs, and {records} has none but local ones. Leave --readme out."
            raise ReproError(msg)
        if readme:
            # The one with the most runs stands for all.
            result = max(published, key=lambda result: len(result.records))
            home = Path(os.path.relpath(output, readme.parent))
            part = templates.get_template("readme.md.j2").render(
                result=result,
                documents=documents,
                figure=(home / figures[result.name]["overview"]).as_posix(),
                report=(home / "README.md").as_posix(),
            )
            made[readme] = folder / "front page"
            _write(made[readme], _replace_part(readme, part))
        yield made


def _replace_part(readme: Path, part: str) -> str:
    try:
        text = readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The page of --readme, {readme}, cannot be read: {error}."
        raise ReproError(msg) from error
    if not _README_PART.search(text):
        msg = (
            f"{readme} must have the lines <!-- results --> and <!-- end of results -->; add them where results belong."
        )
        raise ReproError(msg)
    return _README_PART.sub(lambda _: part, text)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _templates() -> Templates:
    templates = Templates(
        loader=PackageLoader("mnist_repro.reporting"),
        autoescape=False,  # noqa: S701 - pages are Markdown; what is not ours goes through the filter `text`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["text"] = formats.escape_markdown
    templates.globals.update(
        format_cause=format_cause,
        format_difference=formats.format_difference,
        format_difference_interval=formats.format_difference_interval,
        format_detections=format_detections,
        format_environment=formats.format_environment,
        format_false_alarms=format_false_alarms,
        format_half_unit=formats.format_half_unit,
        format_interval=formats.format_interval,
        format_mean=formats.format_mean,
        format_outcome=formats.format_outcome,
        format_remedy=format_remedy,
        format_reported=formats.format_reported,
        format_sensitivity=format_sensitivity,
        format_shift=format_shift,
        format_subject=formats.format_subject,
        format_verdict=formats.format_verdict,
        stand_in_warning=STAND_IN_WARNING,
        summarize_causes=summarize_causes,
    )
    return templates
