"""Files with a git history, for the tests."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

_WHO = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A"}


def run_git(folder: Path, *arguments: str, date: str = "2020-01-01") -> None:
    """Run git in a folder, on a day."""
    when = f"{date}T12:00:00+00:00"
    variables = {**_WHO, "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(  # noqa: S603 - fixed words
        ["git", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main", *arguments],  # noqa: S607
        cwd=folder,
        env={**os.environ, **variables, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        check=True,
        capture_output=True,
    )


def commit(folder: Path, date: str, **files: str) -> None:
    """Write files, where two underscores stand for the point of their names, and commit them."""
    if not (folder / ".git").exists():
        folder.mkdir(exist_ok=True)
        run_git(folder, "init", "--quiet")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    run_git(folder, "add", "--all", date=date)
    run_git(folder, "commit", "--quiet", "--message", date, date=date)


def make_notebook(*cells: tuple[str, str]) -> str:
    """Return a notebook with cells of source and what they printed."""
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": number,
                    "metadata": {},
                    "source": source,
                    "outputs": [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else [],
                }
                for number, (source, printed) in enumerate(cells, 1)
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
    )
