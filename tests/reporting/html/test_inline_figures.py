"""Figures within a page: they are drawn as in their files, share nothing, and bring nothing that runs."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from made_up_pages import Structure

from mnist_repro.reporting.figures.style import svg_figure
from mnist_repro.reporting.html.inline_figures import FigureSheet, part_figures

SVG = "{http://www.w3.org/2000/svg}"
ROOM = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two figures: a line with marks and a picture, and a line alone."""
    with svg_figure(tmp_path / "first.svg", title="A & <b>B</b>", height=3) as figure:
        axes = figure.subplots(1, 2)
        axes[0].plot([0.0, 1.0, 2.0], [1.0, 3.0, 2.0], marker="o", alpha=0.5, linestyle="--")
        axes[1].imshow([[0.0, 1.0], [1.0, 0.0]])
    with svg_figure(tmp_path / "second.svg", title="AB", height=2) as figure:
        figure.subplots().plot([0.0, 1.0], marker="o")
    return tmp_path


def drawn(svg: str) -> list[tuple[str, str]]:
    """Return what of an SVG is seen: shapes with their paths, digits of coordinates but the first two left out."""
    found = []
    for element in ET.fromstring(svg).iter():  # noqa: S314 - our own
        tag = element.tag.rpartition("}")[2]
        if tag in {"path", "rect", "use", "image", "text"}:
            path = re.sub(r"-?\d+\.\d+", lambda match: f"{float(match[0]):.2f}", element.get("d", ""))
            found.append((tag, " ".join(path.replace(".00", "").split()) + (element.text or "").strip()))
    return found


def inner(markup: str) -> str:
    """Return the SVG element of a figure."""
    return markup.partition("-->")[2].rpartition("<!--")[0]


def test_embed_draws_all_that_the_file_draws(folder: Path) -> None:
    """Shapes, marks, texts and pictures are as many as in the file, in the same order, on the same paths."""
    sheet = FigureSheet(folder, most_bytes=ROOM)

    markup = str(sheet.embed("first.svg", label="One"))

    expected = drawn((folder / "first.svg").read_text(encoding="utf-8"))
    found = [(tag, re.sub(r"(\.\d)0\b", r"\1", path)) for tag, path in drawn(inner(markup))]
    assert found == [(tag, re.sub(r"(\.\d)0\b", r"\1", path)) for tag, path in expected]
    assert len(found) > 50


def test_embed_has_no_style_or_script_of_its_own(folder: Path) -> None:
    """A page that forbids styles shows it all the same, and its title is nothing but its label."""
    markup = FigureSheet(folder, most_bytes=ROOM).embed("first.svg", label='"><script>alert(1)</script>')

    structure = Structure(markup)

    assert {tag for tag, _ in structure.elements} == {
        "svg",
        "g",
        "path",
        "use",
        "defs",
        "clippath",
        "rect",
        "image",
        "text",
    }
    assert not [attributes for _, attributes in structure.elements if "style" in attributes]
    assert {a["href"][:5] for _, a in structure.elements if "href" in a and not a["href"].startswith("#")} == {"data:"}
    assert structure.find("svg")[0]["aria-label"] == '"><script>alert(1)</script>'
    assert "A & <b>B</b>" in [text for _, text in structure.texts]


def test_embed_drops_what_does_not_draw(tmp_path: Path) -> None:
    """Scripts, links, foreign elements, handlers and addresses within a figure do not reach the page."""
    (tmp_path / "bad.svg").write_text(
        """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 72 72"
        onload="alert(1)"><script>alert(1)</script><a xlink:href="javascript:alert(1)"><rect width="9"/></a>
        <foreignObject><b>b</b></foreignObject><image xlink:href="https://example.org/x.png"/>
        <use xlink:href="other.svg#x"/><style>*{}</style><path d="M0 0" style="fill: red; background: url(x)"/>
        </svg>""",
        encoding="utf-8",
    )

    structure = Structure(FigureSheet(tmp_path, most_bytes=ROOM).embed("bad.svg", label="bad"))

    assert [tag for tag, _ in structure.elements] == ["svg", "image", "use", "path"]
    assert [a for tag, a in structure.elements if tag != "svg"] == [{}, {}, {"d": "M0 0", "fill": "red"}]
    assert structure.find("svg")[0].keys() <= {
        *("aria-label", "class", "height", "role", "stroke-linejoin", "viewbox", "width")
    }


def test_embed_two_figures_share_no_name(folder: Path) -> None:
    """Each name is there once, and each link leads to one."""
    sheet = FigureSheet(folder, most_bytes=ROOM)
    page = str(sheet.embed("first.svg", label="One")) + str(sheet.embed("second.svg", label="Two"))

    structure = Structure(page)

    names = [attributes["id"] for _, attributes in structure.elements if "id" in attributes]
    links = {a["href"][1:] for _, a in structure.elements if a.get("href", "").startswith("#")}
    links |= {a["clip-path"][5:-1] for _, a in structure.elements if "clip-path" in a}
    assert len(names) == len(set(names))
    assert links <= set(names)
    assert {name.split("-")[0] for name in names if re.match(r"f\d", name)} == {"f0", "f1"}


def test_embed_is_smaller_than_the_file(folder: Path) -> None:
    """What a page holds of a figure is at most three fifths of its file."""
    sheet = FigureSheet(folder, most_bytes=ROOM)

    markup = sheet.embed("first.svg", label="One")

    assert len(markup) < (folder / "first.svg").stat().st_size * 3 / 5


def test_embed_beyond_the_room_is_a_link(folder: Path) -> None:
    """Where the page has no more room the figure is a link to its file, which is said; a smaller one still fits."""
    size = len(inner(str(FigureSheet(folder, most_bytes=ROOM).embed("second.svg", label="Two"))))
    sheet = FigureSheet(folder, most_bytes=size)

    assert Structure(sheet.embed("first.svg", label="One")).find("a", href="first.svg")
    assert Structure(sheet.embed("second.svg", label="Two")).find("svg", role="img")
    assert Structure(sheet.embed("second.svg", label="Two")).find("a", href="second.svg")


def test_part_figures_names_the_libraries(folder: Path) -> None:
    """A page says which versions drew its figures, and without these its other bytes remain."""
    sheet = FigureSheet(folder, most_bytes=ROOM)
    page = f"before{sheet.embed('first.svg', label='One')}between{sheet.embed('second.svg', label='Two')}after"

    around, figures = part_figures(page)
    (creator,) = {drawn_by for drawn_by, _ in figures}

    assert re.fullmatch(r"Matplotlib [\d.]+\S*, Pillow [\d.]+\S*", creator)
    assert (around, len(figures)) == (["before", "between", "after"], 2)
