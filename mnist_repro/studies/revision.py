"""Another revision of this checkout, whose code runs on this machine beside today's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mnist_repro.errors import ReproError
from mnist_repro.studies.processes import interrupted_by_signals

_CHECKOUT = Path(__file__).parents[2]
_PROTOCOLS = (
    "import json; from mnist_repro.documents.catalogue import load_catalogue; "
    "print(json.dumps({name: each.sha256 for name, each in load_catalogue().protocols.items()}))"
)


@contextmanager
def check_out(revision: str, *, tree: Path) -> Iterator[Path]:
    """Check a commit, tag or branch out to the new folder `tree`, and remove it afterwards.

    Raises
    ------
    ReproError
        If there is no such revision.
    """
    git = ["git", "-C", str(_CHECKOUT), "worktree"]
    try:
        run_command([*git, "add", "--detach", str(tree), revision], folder=_CHECKOUT)
        yield tree
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], capture_output=True, check=False)  # noqa: S603 - fixed words


def run_command(command: Sequence[str], *, folder: Path) -> str:
    """Run a command of a revision in its folder, where -m and -c find the package first, and return its output.

    Raises
    ------
    ReproError
        If it fails.
    """
    with interrupted_by_signals():
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if ended.returncode:
        msg = (
            f"`{' '.join(command)}` ended with {ended.returncode}: {ended.stderr.strip() or ended.stdout.strip()}. "
            "Correct --against: it names a revision of this checkout."
        )
        raise ReproError(msg)
    return ended.stdout


def read_protocol_hashes(tree: Path) -> dict[str, str]:
    """Return the hash of each protocol of a revision that is checked out, by the id of its experiment."""
    found: dict[str, str] = json.loads(run_command([sys.executable, "-c", _PROTOCOLS], folder=tree))
    return found
