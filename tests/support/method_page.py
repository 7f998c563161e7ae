"""Write what the code on the page of the method prints below it.

python tests/support/method_page.py
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "method.md"

_BLOCK = re.compile(r"(?<=^```pycon\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)


def renew(page: str) -> str:
    """Run all code of a page, block after block, and return the page with what it prints below each statement."""
    names: dict[str, Any] = {}
    return _BLOCK.sub(lambda block: _renew_block(block[0], names), page)


def _renew_block(block: str, names: dict[str, Any]) -> str:
    parts = []
    for example in doctest.DocTestParser().get_examples(block):
        first, *others = example.source.splitlines()
        parts += [f">>> {first}\n", *(f"... {line}\n" for line in others)]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(example.source, str(PAGE), "single"), names)  # noqa: S102 - our own page
        parts.append(printed.getvalue())
    return "".join(parts)


if __name__ == "__main__":
    os.chdir(ROOT)
    PAGE.write_text(renew(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
