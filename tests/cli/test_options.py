"""What the options of the command line are read as."""

from __future__ import annotations

import pytest

from mnist_repro.cli.options import parse_environment, parse_seeds, parse_workers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0", [0], id="one"),
        pytest.param("0-3", [0, 1, 2, 3], id="range"),
        pytest.param("5-5", [5], id="range of one"),
        pytest.param("7,0-2, 1 - 3", [0, 1, 2, 3, 7], id="list that overlaps, with blanks"),
    ],
)
def test_parse_seeds_list_gives_each_seed_once(text: str, expected: list[int]) -> None:
    """Seeds come in order, and none twice."""
    assert expected == parse_seeds(text)


@pytest.mark.parametrize("text", ["1", "2", "64"])
def test_parse_workers_number_is_read(text: str) -> None:
    """Any whole number from 1 is taken as it is."""
    assert int(text) == parse_workers(text)


@pytest.mark.parametrize("text", ["local", "tf2.19-py3.11-linux", "My_computer", "readme2", "x" * 100])
def test_parse_environment_name_is_kept(text: str) -> None:
    """What names a folder and a page everywhere is taken as it is."""
    assert text == parse_environment(text)
