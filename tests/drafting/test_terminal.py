"""A text is read as a terminal shows it."""

from __future__ import annotations

import pytest

from mnist_repro.drafting.terminal import apply_controls


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        pytest.param("loss 0.5", ["loss 0.5"], id="plain"),
        pytest.param("10%\r100%", ["100%"], id="a carriage return"),
        pytest.param("100%\r10", ["100%"], id="a shorter text covers in part"),
        pytest.param("a\r\nb", ["a", "b"], id="line ends of Windows"),
        pytest.param("0.15\b\b27", ["0.27"], id="backspaces"),
        pytest.param("\b\b1", ["1"], id="backspaces at the start"),
        pytest.param("12345\b\b\r9", ["92345"], id="both"),
        pytest.param("\x1b[1m\x1b[32m0.98\x1b[0m", ["0.98"], id="colours"),
        pytest.param("12345\r\x1b[K9", ["9"], id="an erased line"),
        pytest.param("\x1b]0;title\x07x", ["x"], id="a window's title"),
        pytest.param("a\x00b\x85\ud800c", ["abc"], id="what no terminal shows"),
        pytest.param("10 %|█▏  | ü", ["10 %|█▏  | ü"], id="letters of bars"),
    ],
)
def test_apply_controls_shows_what_a_terminal_shows(printed: str, shown: list[str]) -> None:
    """What was written over is gone, and what was not stays."""
    assert apply_controls(printed) == shown
