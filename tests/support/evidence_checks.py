"""Checks of the evidence that a reconstruction states in its own words: what was measured has no place in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from mnist_repro.documents.protocol import Protocol

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
# When something was published is a fact of it, and no number of a run.
_DATE = re.compile(rf"(?:{_MONTH}) \d{{4}}")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?!\w)")
_MEASURED = re.compile(r"standard deviation|\bpoints\b|\bmeans?\b|\baverage\b|\bp-value|%")


def read_numbers(text: str) -> set[float]:
    """Return the numbers that stand in a text by themselves."""
    return {float(found.replace(",", "")) for found in _NUMBER.findall(_DATE.sub("", text))}


def find_typed_measurements(protocols: Iterable[Protocol], *, settings: Iterable[Protocol], text: str) -> list[str]:
    """Name numbers in evidence that neither the document's text nor a setting has, and words of what is measured.

    Parameters
    ----------
    protocols
        The document's, whose evidence is checked.
    settings
        All protocols whose settings may be named: these, and their alternatives'.
    """
    declared = (json.dumps(replace(each, reconstructions=()).describe()) for each in settings)
    known = read_numbers(text).union(*map(read_numbers, declared))
    evidence = {each.evidence for protocol in protocols for each in protocol.reconstructions}
    return [
        f"{said!r} in {each!r}"
        for each in sorted(evidence)
        for said in [*sorted(read_numbers(each) - known), *_MEASURED.findall(each)]
    ]
