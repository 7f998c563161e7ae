"""What a newcomer tries first starts quickly: a verb imports what it needs, and nothing of the others."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORTED = """
import sys
from mnist_repro.cli.main import main

code = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name in sys.modules} | {".".join(name.split(".")[:2]) for name in sys.modules}
print(*sorted(loaded & set("numpy scipy.special scipy.stats sklearn matplotlib joblib jinja2 tensorflow".split())))
raise SystemExit(code)
"""


@pytest.mark.parametrize(
    ("verb", "expected"),
    [pytest.param("list", "", id="list"), pytest.param("verdicts", "numpy scipy.special", id="verdicts")],
)
def test_verb_imports_no_more_than_it_needs(verb: str, expected: str) -> None:
    """`list` needs no array, and a verdict none of SciPy's distributions, which take half a second to import."""
    options = ["--environment", "py311-tf212"] if verb == "verdicts" else []

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", IMPORTED, verb, *options], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == expected
