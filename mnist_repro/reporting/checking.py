"""Compare a report with the results, byte for byte; figures that other libraries drew, by all but their known shapes.

Other versions of the libraries draw other bytes. Where the locked versions draw, every byte is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from matplotlib.image import imread

from mnist_repro.comparison.results import Results
from mnist_repro.reporting.figures.style import describe_libraries, read_creator
from mnist_repro.reporting.html.inline_figures import is_known_shape, part_figures
from mnist_repro.reporting.rendering import render_report

_LIBRARIES = re.compile(r"Matplotlib \d[\w.]*, Pillow \d[\w.]*")
_PIN = re.compile(r"^(matplotlib|pillow)==([\d.]+)", re.MULTILINE)


def check_report(
    results: Results, output: Path, *, readme: Path | None = None, lock: Path | None = None, beside: Iterable[Path] = ()
) -> list[str]:
    """Compare the report in `output` with `results`.

    Parameters
    ----------
    lock
        The requirements whose newest versions draw the published figures. Where these are installed nothing is exempt;
        elsewhere their figures may have other known shapes. None: figures of all other versions may.
    beside
        Folders that may lie in `output` and are no part of the report.

    Returns
    -------
    list of str
        A line for each file that is missing, differs or is unexpected; empty without differences.
    """
    differences = []
    published_by = _read_lock(lock) if lock else None
    with render_report(results, output=output, readme=readme) as made:
        for there, file in made.items():
            if not there.is_file():
                differences.append(f"{there} is missing. Write it with `mnist-repro report --publish`.")
            elif not is_as_made(there, made=file, published_by=published_by):
                differences.append(
                    f"{there} is not what the records give. Write it again with `mnist-repro report --publish`."
                )
        unexpected = _list_unexpected(output, expected=made, beside=[folder.resolve() for folder in beside])
        return differences + [
            f"{file} is in the report, and the records do not give it. Remove it." for file in unexpected
        ]


def is_as_made(there: Path, *, made: Path, published_by: str | None = None) -> bool:
    """Compare a file of the report with the file rendered now.

    Parameters
    ----------
    published_by
        The libraries that draw published figures; None where that is not known.
    """
    if there.read_bytes() == made.read_bytes():
        return True
    here = describe_libraries()
    if made.suffix not in {".svg", ".png", ".html"} or here == published_by:
        return False
    if made.suffix == ".png":
        return _is_painted_alike(there, made=made, published_by=published_by)
    # Text that is not UTF-8 differs; it must not raise.
    theirs, ours = (_take_apart(file, text=file.read_text("utf-8", "replace")) for file in (there, made))
    if theirs[0] != ours[0]:
        return False
    return all(
        figure == made_figure
        if creator == here
        else _may_have_drawn(creator, published_by) and _is_drawn_alike(figure, creator, made_figure, here)
        for (creator, figure), (_, made_figure) in zip(theirs[1], ours[1], strict=True)
    )


def _read_lock(lock: Path) -> str:
    """Return the newest Matplotlib and Pillow that requirements pin, as figures name them."""
    pins = _PIN.findall(lock.read_text("utf-8"))
    newest = dict(sorted(pins, key=lambda pin: [*map(int, pin[1].split("."))]))
    return f"Matplotlib {newest['matplotlib']}, Pillow {newest['pillow']}"


def _take_apart(file: Path, *, text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return what stands around the figures of a file, and each figure after the libraries that drew it."""
    if file.suffix == ".html":
        return part_figures(text)
    before, svg, rest = text.partition("<svg")
    return [before], [(read_creator(file) or "", svg + rest)]


def _may_have_drawn(creator: str, published_by: str | None) -> bool:
    return creator == published_by if published_by else _LIBRARIES.fullmatch(creator) is not None


def _is_painted_alike(there: Path, *, made: Path, published_by: str | None) -> bool:
    """Whether other libraries drew a PNG of the same size, nearer to the one made now than an empty one is."""
    try:
        creator = read_creator(there) or ""
        theirs, ours = (imread(file).astype(float) for file in (there, made))
    except (OSError, SyntaxError):
        return False
    if creator == describe_libraries() or not _may_have_drawn(creator, published_by) or theirs.shape != ours.shape:
        return False
    return bool(2 * abs(theirs - ours).sum() <= abs(ours[0, 0] - ours).sum())


def _is_drawn_alike(figure: str, creator: str, made: str, here: str) -> bool:
    """Whether two figures, each by its libraries, differ in known shapes alone, and one is no half of the other."""
    try:
        (fixed, shapes), (made_fixed, made_shapes) = (
            _sort_elements(text.replace(drawn_by, "")) for text, drawn_by in ((figure, creator), (made, here))
        )
    except ET.ParseError:
        return False
    return fixed == made_fixed and 2 * shapes >= made_shapes


def _sort_elements(svg: str) -> tuple[list[tuple[str, dict[str, str], str, str]], int]:
    """Return what an SVG says, and its elements that are no known shapes; and the number of silent known shapes."""
    elements = list(ET.fromstring(svg).iter())  # noqa: S314 - of a report that somebody published
    fixed = []
    for element in elements:
        text, tail, is_known = (element.text or "").strip(), (element.tail or "").strip(), is_known_shape(element)
        if text or tail or not is_known:
            fixed.append((element.tag, {} if is_known else dict(element.attrib), text, tail))
    return fixed, len(elements) - len(fixed)


def _list_unexpected(output: Path, *, expected: Iterable[Path], beside: Iterable[Path]) -> list[Path]:
    """List the files in the folder of a report that are no part of it."""
    known, others = {file.resolve() for file in expected}, {*beside}
    files = (file for file in sorted(output.rglob("*")) if file.is_file() and not file.name.startswith("."))
    return [f for f in files if f.resolve() not in known and others.isdisjoint(f.resolve().parents)]
