"""axe-core finds nothing on the page: on a phone and on a desk, light and dark."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from browser_pages import DEMANDED, PUBLISHED, Open

# The file of axe-core, which tox installs from npm.
AXE = "MNIST_REPRO_AXE"
# Nothing within a picture is read aloud, and there are a hundred thousand shapes.
PREPARE = """
document.querySelectorAll(".drawn > *, .strip[role=img] > *, .letters").forEach((each) => each.remove());
document.querySelectorAll("details").forEach((each) => { each.open = true; });
document.querySelectorAll(".claims .name button").forEach((each, place) => place % 5 || each.click());
"""
RUN = "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then(done, done)"


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the program of axe-core."""
    file = Path(os.environ.get(AXE, ""))
    if not file.is_file():
        reason = f"{AXE} names no file of axe-core: `tox run -e browser` installs it, where npm is."
        if os.environ.get(DEMANDED) and shutil.which("npm"):
            pytest.fail(f"{DEMANDED} is set, and npm is here. {reason}")
        pytest.skip(reason)
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "dark"), [(380, False), (1280, True)], ids=["phone", "desk, dark"])
def test_page_axe_finds_nothing(open_page: Open, axe: str, width: int, *, dark: bool) -> None:
    """With all parts and some claims opened, no rule of axe-core is broken."""
    browser = open_page(PUBLISHED, width=width, dark=dark)
    browser.execute_script(PREPARE + axe)

    result = browser.execute_async_script(RUN)

    found = [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in result["violations"]]
    assert found == []
    assert len(result["passes"]) > 20
