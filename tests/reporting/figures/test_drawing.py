"""Figures drawn by several processes: all of them, each once, and errors as from one process."""

from __future__ import annotations

import gc
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from mnist_repro.reporting.figures import drawing
from mnist_repro.reporting.figures.drawing import Draw, draw_all


def sign(path: Path) -> None:
    """Write which process draws."""
    path.write_text(str(os.getpid()), encoding="utf-8")


def fail(path: Path) -> None:
    """Fail as where the disk is full."""
    raise OSError(28, "No space left on device", str(path))


def drawings_in(folder: Path, *, draw: Draw = sign) -> dict[Path, Draw]:
    """Return five figures in two folders."""
    return {folder / part / f"{name}.svg": draw for part, name in ("aa", "ab", "ac", "ba", "bb")}


@pytest.fixture
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find two processors, and nothing against a fork: pytest's own workers have a second thread."""
    if sys.platform != "linux":
        pytest.skip("processes are forked on Linux alone")
    monkeypatch.setattr(drawing, "cpu_count", lambda: 2)
    monkeypatch.setattr(drawing, "_may_fork", lambda: True)


@pytest.mark.usefixtures("_two_processors")
def test_draw_all_two_processors_share_the_figures(tmp_path: Path) -> None:
    """The first process draws three of five, another one two; folders are made."""
    drawings = drawings_in(tmp_path)

    draw_all(drawings)

    by = [path.read_text(encoding="utf-8") for path in drawings]
    assert by[::2] == [str(os.getpid())] * 3
    assert len(set(by)) == 2


@pytest.mark.parametrize("count", [0, 5])
def test_draw_all_one_processor_draws_all_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """No process is started, for none or five figures."""
    monkeypatch.setattr(drawing, "cpu_count", lambda: 1)
    drawings = dict(list(drawings_in(tmp_path).items())[:count])

    draw_all(drawings)

    assert [path.read_text(encoding="utf-8") for path in drawings] == [str(os.getpid())] * count


@pytest.mark.usefixtures("_two_processors")
def test_draw_all_where_no_process_starts_draws_all_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that allows no more processes gets its figures later, and not fewer."""

    def refuse(_: BaseProcess) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(BaseProcess, "start", refuse)
    drawings = drawings_in(tmp_path)

    draw_all(drawings)

    assert {path.read_text(encoding="utf-8") for path in drawings} == {str(os.getpid())}


@pytest.mark.usefixtures("_two_processors")
def test_draw_all_killed_process_is_stood_in_for(tmp_path: Path) -> None:
    """What a process did not draw before it was killed is drawn here."""
    here = os.getpid()

    def die_elsewhere(path: Path) -> None:
        if os.getpid() != here:
            os.kill(os.getpid(), 9)
        sign(path)

    drawings = drawings_in(tmp_path, draw=die_elsewhere)

    draw_all(drawings)

    assert {path.read_text(encoding="utf-8") for path in drawings} == {str(here)}


@pytest.mark.usefixtures("_two_processors")
@pytest.mark.parametrize("place", [0, 1], ids=["here", "elsewhere"])
def test_draw_all_error_is_raised_here(tmp_path: Path, capfd: pytest.CaptureFixture[str], place: int) -> None:
    """The error is the one that the figure raises, whichever process drew it, and nothing else is printed."""
    drawings = drawings_in(tmp_path)
    path = list(drawings)[place]

    with pytest.raises(OSError, match="No space left on device") as caught:
        draw_all(drawings | {path: fail})

    assert caught.value.filename == str(path)
    assert caught.value.__cause__ is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("collects", [True, False])
def test_draw_all_leaves_collection_as_it_was(tmp_path: Path, collects: bool) -> None:  # noqa: FBT001
    """Garbage is not collected meanwhile, and afterwards as before."""
    seen: list[bool] = []
    was = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        draw_all({tmp_path / "a.svg": lambda _: seen.append(gc.isenabled())})
        after = gc.isenabled()
    finally:
        (gc.enable if was else gc.disable)()

    assert (seen, after) == ([False], collects)
