"""The page that says how a document is declared has every field, as the code has it."""

from __future__ import annotations

import re

import pytest
from fields_page import PAGE, renew

from mnist_repro import documents
from mnist_repro.documents.claim import METRIC_UNITS
from mnist_repro.documents.protocol import PROFILES


@pytest.fixture(scope="module")
def page() -> str:
    """Return the page."""
    return PAGE.read_text(encoding="utf-8")


def test_fields_page_is_what_the_code_declares(page: str) -> None:
    """Each table has the fields of today; `python tests/support/fields_page.py` writes them again."""
    assert renew(page) == page
    assert renew(page.replace("| `pixel_divisor` |", "| `divisor` |")) == page


def test_fields_page_explains_every_field(page: str) -> None:
    """No field stands there without a meaning."""
    assert re.findall(r"^\| `(\w+)` .*\|  \|$", page, re.MULTILINE) == []


def test_fields_page_names_all_that_authors_import_and_every_metric(page: str) -> None:
    """Nothing that an `experiments.py` may need is left out, and no metric."""
    kinds = [name for name in documents.__all__ if isinstance(getattr(documents, name), type) and name != "Variant"]

    assert [name for name in kinds if f"`{name}`" not in page and f"{name}(" not in page] == []
    assert [metric for metric in METRIC_UNITS if f"`{metric}`" not in page] == []
    assert [name for name in PROFILES if f"`{name}`" not in page] == []


def test_fields_page_keras_loop_is_valid(page: str) -> None:
    """The code on the page is a training that the package takes."""
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {name: getattr(documents, name) for name in documents.__all__}

    exec(code, names)  # noqa: S102 - our own page

    assert names["training"].steps_per_period == 422
    assert len(names["evaluation_sets"][0].images) == 6_000
