"""The versions of a file in its git history, read without running anything that the repository names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mnist_repro.drafting.reading import MOST_BYTES
from mnist_repro.errors import ReproError

MOST_COMMITS = 300
_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Version:
    """A file as a commit left it."""

    commit: str  #: its hash, shortened to 10 letters
    date: str  #: when it was written, such as 2018-03-17
    path: str  #: the file's name then
    content: str


@dataclass(frozen=True, kw_only=True)
class FileHistory:
    """Where a file's versions are, the newest first."""

    folder: Path  #: of the file
    commits: tuple[tuple[str, str, str], ...]  #: hash, date and the file's path
    is_shallow: bool  #: whether the clone lacks what came before
    is_complete: bool  #: whether these are all of its commits

    def versions(self) -> Iterator[Version]:
        """Yield each version, the newest first, but those that are too large or no text."""
        for commit, date, path in self.commits:
            content = _run(self.folder, "cat-file", "blob", f"{commit}:{path}", may_fail=True)
            if content is not None and len(content) <= MOST_BYTES:
                text = content.decode(errors="replace").replace("\r\n", "\n")
                yield Version(commit=commit[:10], date=date, path=path, content=text)


def find_history(file: Path) -> FileHistory:
    """Return the history of a file, across its renames.

    Raises
    ------
    ReproError
        If there is no such file, no git, or no commit of it.
    """
    if not file.is_file():
        msg = f"FILE names a file in a git clone. Received: {file}, where there is none. Correct the path."
        raise ReproError(msg)
    folder = file.resolve().parent
    if _run(folder, "rev-parse", "--is-inside-work-tree", may_fail=True) is None:
        msg = f"FILE is in a git clone, whose history is asked; {file} is in none. Clone the repository that has it."
        raise ReproError(msg)
    is_shallow = (_run(folder, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
    log = _run(
        folder,
        "log",
        "--follow",
        f"--max-count={MOST_COMMITS + 1}",
        "--no-ext-diff",
        "--no-textconv",
        "--diff-filter=d",
        "-z",
        "--name-only",
        "--format=%x01%H%x02%as%x02",
        "--",
        file.name,
        may_fail=True,
    )
    commits = tuple(_parse_log((log or b"").decode(errors="surrogateescape")))
    if not commits:
        msg = f"FILE has a git history; {file} was never committed. Commit it, or name the file that was."
        raise ReproError(msg)
    is_complete = len(commits) <= MOST_COMMITS
    return FileHistory(folder=folder, commits=commits[:MOST_COMMITS], is_shallow=is_shallow, is_complete=is_complete)


def _parse_log(log: str) -> Iterator[tuple[str, str, str]]:
    for entry in log.split("\x01")[1:]:
        commit, date, names = entry.split("\x02")
        path = next((name.strip("\n") for name in names.split("\0") if name.strip("\n")), "")
        if path:
            yield commit, date, path


def _run(folder: Path, *arguments: str, may_fail: bool = False) -> bytes | None:
    """Return what git prints; None where it fails and may."""
    # No pager, no lock, and no question about a password.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        ended = subprocess.run(  # noqa: S603 - git, with fixed words
            ["git", "--no-pager", "-c", "core.fsmonitor=false", *arguments],  # noqa: S607 - whichever git there is
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except FileNotFoundError as error:
        msg = "The history of a file is asked of git, and there is no git on the PATH. Install it."
        raise ReproError(msg) from error
    except subprocess.TimeoutExpired as error:
        msg = (
            f"git has {_SECONDS} seconds for an answer, and took longer in {folder}. Try it in a clone on a local disk."
        )
        raise ReproError(msg) from error
    if ended.returncode == 0:
        return ended.stdout
    if may_fail:
        return None
    msg = f"git failed in {folder}: {ended.stderr.decode(errors='replace').strip():.200}. Correct that."
    raise ReproError(msg)
