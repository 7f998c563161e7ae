"""The text of `claims.toml`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from mnist_repro.drafting.claims import DraftedClaim
from mnist_repro.drafting.text import Region

_COMMON = ("metric", "unit", "evaluation_set", "cut", "note")
_HEAD = """\
# Every number that the document prints as a result, and where it stands; drafted from {source}, whose SHA-256 is
# {source_sha256}.
#
# A claim is one entry of an array: `printed`, exactly as in the stored text, and its `line` there, counted from 1; in a
# series also its `period`, counted from 1. The group says of which experiment and which cell printed it, the quantity
# what was measured; an entry may say otherwise.
"""
_OUTPUT = """\
# Where the stored text holds printed output, and which numbers in it are no results.
[output]
"""


def format_claims(
    claims: Sequence[DraftedClaim],
    *,
    head: Mapping[str, str],
    source: Mapping[str, str],
    regions: Sequence[Region],
    not_claims: Mapping[str, str],
) -> str:
    """Return the file of claims.

    Parameters
    ----------
    head
        Id, title, file and SHA-256 of the document.
    source
        Name and SHA-256 of the file that was drafted from.
    regions
        Where the stored text holds output.
    not_claims
        Patterns with their reasons.
    """
    parts = [_HEAD.format(**source), "\n".join(f"{key} = {_quote(value)}" for key, value in head.items()) + "\n"]
    common = _find_common(claims)
    for quantity, values in common.items():
        parts.append(f"[quantity.{quantity}]\n" + "".join(f"{k} = {_format(v)}\n" for k, v in values.items()))
    ordered = sorted(claims, key=lambda claim: (claim.of_run, claim.subject))
    for _, group in groupby(ordered, key=lambda claim: (claim.of_run, claim.subject)):
        parts.append("".join(_format_group(list(group), common)))
    outputs = [f"{{ cell = {_quote(r.label)}, first_line = {r.first}, last_line = {r.last} }}" for r in regions]
    reasons = [f"{{ pattern = {_quote_pattern(p)}, reason = {_quote(r)} }}" for p, r in not_claims.items()]
    parts.append(f"{_OUTPUT}regions = {_array(outputs)}\nnot_claims = {_array(reasons)}\n")
    return "\n".join(parts)


def _find_common(claims: Sequence[DraftedClaim]) -> dict[str, dict[str, Any]]:
    """Return what most claims of a quantity have in common."""
    found = {}
    for quantity in dict.fromkeys(claim.quantity for claim in claims):
        own = [claim for claim in claims if claim.quantity == quantity]
        values = {name: Counter(getattr(claim, name) for claim in own).most_common(1)[0][0] for name in _COMMON}
        found[quantity] = {name: value for name, value in values.items() if value not in (None, False)}
    return found


def _format_group(claims: Sequence[DraftedClaim], common: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    cell = Counter(claim.cell for claim in claims).most_common(1)[0][0]
    key = "experiment" if claims[0].of_run else "about"
    yield f"[[group]]\n{key} = {_quote(claims[0].subject)}\ncell = {_quote(cell)}\n"
    for quantity in dict.fromkeys(claim.quantity for claim in claims):
        own = sorted((claim for claim in claims if claim.quantity == quantity), key=lambda claim: claim.period or 0)
        entries = [_format_entry(claim, {**common[quantity], "cell": cell}) for claim in own]
        yield f"claims.{quantity} = {_array(entries)}\n"


def _format_entry(claim: DraftedClaim, inherited: Mapping[str, Any]) -> str:
    values: dict[str, Any] = {"period": claim.period, "line": claim.line, "printed": claim.printed}
    for name in ("cell", *_COMMON):
        own = getattr(claim, name)
        if own != inherited.get(name, own if own in (None, False) else None):
            values[name] = own
    values |= {"printed_unit": claim.printed_unit, "example": claim.example}
    return "{ " + ", ".join(f"{k} = {_format(v)}" for k, v in values.items() if v is not None) + " }"


def _format(value: object) -> str:
    return _quote(value) if isinstance(value, str) else str(value).lower()


def _array(entries: Sequence[str]) -> str:
    return f"[{entries[0]}]" if len(entries) == 1 else "[\n" + "".join(f"    {entry},\n" for entry in entries) + "]"


def _quote(text: str) -> str:
    # JSON's escapes are TOML's, but for letters beyond the first plane, which stay as they are.
    return json.dumps(text, ensure_ascii=False)


def _quote_pattern(pattern: str) -> str:
    return _quote(pattern) if "'" in pattern or not pattern.isprintable() else f"'{pattern}'"
