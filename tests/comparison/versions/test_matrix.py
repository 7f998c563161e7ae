"""Which environments there should be is read from tox's own file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mnist_repro.comparison.versions.matrix import read_matrix
from mnist_repro.errors import ReproError

ROOT = Path(__file__).parents[3]


def write(folder: Path, labels: str) -> Path:
    """Write a tox.ini with these labels."""
    file = folder / "tox.ini"
    file.write_text(f"[tox]\nenv_list = a\nlabels =\n{labels}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("py37-tf115", ("py37-tf115",)),
        ("a, b-{1,2}, c", ("a", "b-1", "b-2", "c")),
        ("py3{11,12}-tf{1,2}", ("py311-tf1", "py311-tf2", "py312-tf1", "py312-tf2")),
        ("a-{1, 2}-x, a-1-x", ("a-1-x", "a-2-x")),
    ],
    ids=["one name", "one choice", "two choices", "blanks and a name twice"],
)
def test_read_matrix_names_are_written_out_in_order(tmp_path: Path, written: str, names: tuple[str, ...]) -> None:
    """Braces are written out as tox does, in the order of the file, each name once."""
    file = write(tmp_path, f"    smoke = a\n    # a remark\n    matrix = {written}")

    assert read_matrix(file) == names


def test_read_matrix_of_this_project_has_pins_for_every_name() -> None:
    """Each environment of the project's own matrix is named once and has a line with its pins."""
    names = read_matrix(ROOT / "tox.ini")

    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    pinned = {
        factor
        for line in re.findall(r"^    ([\w,!-]+): .*tensorflow", text, re.MULTILINE)
        for factor in re.split("[,-]", line)
    }
    assert len(names) >= 15
    assert [name for name in names if not pinned.intersection(name.split("-")[1:])] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tox]\nlabels =\n    smoke = a\n", "no label `matrix`"),
        ("matrix = a\n", "cannot be read"),
        (None, "cannot be read"),
    ],
    ids=["no label", "no section", "no file"],
)
def test_read_matrix_without_label_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    """A file that names no environments is refused, with the file and what it lacks."""
    file = tmp_path / "tox.ini"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    with pytest.raises(ReproError, match=said) as caught:
        read_matrix(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        pytest.param("    matrix = a" + "{1,2}" * 64, "at most 1,000 environments", id="combinations"),
        pytest.param("    matrix = " + "a," * 20_000, "at most 1,000 environments", id="names"),
        pytest.param("    matrix = " + "a" * (1 << 16), "at most 65,536 bytes", id="bytes"),
        pytest.param("[\n" * 20_000, "cannot be read", id="errors"),
    ],
)
def test_read_matrix_too_much_is_refused_in_a_line(tmp_path: Path, labels: str, said: str) -> None:
    """However many names a few braces stand for, they are counted before they are written out."""
    with pytest.raises(ReproError, match=said) as caught:
        read_matrix(write(tmp_path, labels))

    assert len(str(caught.value)) < 1_000
    assert "\n" not in str(caught.value)
