"""What the documents report, found, read, and held against the rules of its form.

All of it stands in each document's `claims.toml`, whose first lines say how to add a claim.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mnist_repro.documents.claim import METRIC_UNITS, Claim, is_number
from mnist_repro.documents.comparison import Comparison, read_comparisons
from mnist_repro.documents.explanation import Explanation, read_explanations
from mnist_repro.documents.statement import Statement, read_statements
from mnist_repro.documents.toml_schema import (
    ARRAY,
    FROM_1,
    ID,
    OPTIONAL_TEXT,
    TABLE,
    TEXT,
    Key,
    Traversable,
    check_table,
    check_unique,
    read_toml,
)
from mnist_repro.errors import ReproError

__all__ = [
    "METRIC_UNITS",
    "Claim",
    "Document",
    "NotAClaim",
    "Output",
    "Remark",
    "labelled_examples",
    "load_document",
]


@dataclass(frozen=True, kw_only=True)
class Output:
    """Lines of the stored text that a cell printed, counted from 1, both ends included."""

    cell: str
    first_line: int
    last_line: int

    def __contains__(self, line: int) -> bool:
        return self.first_line <= line <= self.last_line


@dataclass(frozen=True, kw_only=True)
class NotAClaim:
    """Numbers in the output that report no result: a regular expression that finds them, and the reason."""

    pattern: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Where a document is at odds with itself, and no rule can tell: the line in the stored text, and what is wrong."""

    line: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document, every number that it reports, and what it says beside them.

    Parameters
    ----------
    id
        Name of the document.
    title
        Title for readers.
    file, sha256
        File name of the stored text and the SHA-256 of its bytes, 64 hexadecimal digits.
    url
        Where it was published, or None where that is unknown.
    claims
        Its claims, in the order of `claims.toml`.
    outputs
        Where the stored text holds printed output.
    not_claims
        Which numbers of that output are no results.
    remarks
        Where it is at odds with itself, and no rule can tell.
    statements
        What it says of its experiments without a number.
    comparisons
        Numbers of it that are held against each other.
    explanations
        Why some of it does not reproduce.
    """

    id: str
    title: str
    file: str
    sha256: str
    url: str | None
    claims: tuple[Claim, ...]
    outputs: tuple[Output, ...]
    not_claims: tuple[NotAClaim, ...]
    remarks: tuple[Remark, ...]
    statements: tuple[Statement, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    explanations: tuple[Explanation, ...] = ()


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _is_file_name(text: str) -> bool:
    return bool(text.strip(". ")) and not re.search(r"[/\\:\x00-\x1f]", text)


_UNITS = sorted({unit for units in METRIC_UNITS.values() for unit in units})
_UNIT = Key(str, f"one of {', '.join(_UNITS)}", _UNITS.__contains__)

_DOCUMENT_KEYS = {
    "id": ID,
    "title": TEXT,
    "file": Key(str, "the name of a file, without a folder", _is_file_name),
    "sha256": Key(str, "64 lower-case hexadecimal digits in quotes", re.compile(r"[0-9a-f]{64}").fullmatch),
    "url": OPTIONAL_TEXT,
    "quantity": TABLE,
    "group": ARRAY,
    "output": TABLE,
    "remarks": Key(list, "an array", required=False),
    "statement": TABLE._replace(required=False),
    "comparison": TABLE._replace(required=False),
    "explanation": Key(list, "an array of tables", required=False),
}
_QUANTITY_KEYS = {
    "metric": Key(str, f"one of {', '.join(METRIC_UNITS)}", METRIC_UNITS.__contains__),
    "unit": _UNIT,
    "evaluation_set": OPTIONAL_TEXT,
    "cut": Key(bool, "true or false", required=False),
    "note": OPTIONAL_TEXT,
}
_GROUP_KEYS = {"experiment": OPTIONAL_TEXT, "about": OPTIONAL_TEXT, "cell": TEXT, "claims": TABLE}
_CLAIM_KEYS = {
    **_QUANTITY_KEYS,
    "cell": TEXT,
    "line": FROM_1,
    "printed": TEXT,
    "period": FROM_1._replace(required=False),
    "printed_unit": _UNIT._replace(required=False),
    "example": FROM_1._replace(required=False),
}
_OUTPUT_KEYS = {"regions": ARRAY, "not_claims": Key(list, "an array")}
_REGION_KEYS = {"cell": TEXT, "first_line": FROM_1, "last_line": FROM_1}
_REMARK_KEYS = {"line": FROM_1, "text": TEXT}
_NOT_CLAIM_KEYS = {
    "pattern": Key(str, "a regular expression of Python's re", _is_pattern),
    "reason": TEXT,
}


def load_document(folder: Traversable) -> Document:
    """Return the document that the `claims.toml` in `folder` describes.

    Raises
    ------
    ReproError
        If the file is missing or breaks a rule.
    """
    file = folder / "claims.toml"
    content = read_toml(file)
    _check(content, keys=_DOCUMENT_KEYS, place=str(file))
    for name, quantity in content["quantity"].items():
        _check(quantity, keys=_QUANTITY_KEYS, place=f"{file}, quantity.{name}")
    _check(content["output"], keys=_OUTPUT_KEYS, place=f"{file}, output")
    for key, keys in (("regions", _REGION_KEYS), ("not_claims", _NOT_CLAIM_KEYS)):
        for number, entry in enumerate(content["output"][key], 1):
            _check(entry, keys=keys, place=f"{file}, output.{key}, entry {number}")
    for number, entry in enumerate(content.get("remarks", []), 1):
        _check(entry, keys=_REMARK_KEYS, place=f"{file}, remarks, entry {number}")
    claims = tuple(
        claim
        for number, group in enumerate(content["group"], 1)
        for claim in _expand(group, document=content, place=f"{file}, group {number}")
    )
    comparisons = read_comparisons(content.get("comparison", {}), claims=claims, document=content["id"], file=str(file))
    experiments: dict[str, tuple[str, ...]] = {c.family: (c.experiment,) for c in claims if c.experiment}
    experiments |= {comparison.id: comparison.experiments for comparison in comparisons}
    document = Document(
        **{key: content[key] for key in ("id", "title", "file", "sha256")},
        url=content.get("url"),
        claims=claims,
        outputs=tuple(Output(**entry) for entry in content["output"]["regions"]),
        not_claims=tuple(NotAClaim(**entry) for entry in content["output"]["not_claims"]),
        remarks=tuple(Remark(**entry) for entry in content.get("remarks", [])),
        statements=read_statements(content.get("statement", {}), document=content["id"], file=str(file)),
        comparisons=comparisons,
        explanations=read_explanations(content.get("explanation", []), experiments=experiments, file=str(file)),
    )
    check_unique(list_ids(document), place=str(file))
    return document


def labelled_examples(documents: Iterable[Document]) -> tuple[int, ...]:
    """Return the training images, counted from 1, whose label a document reports, in order."""
    return tuple(sorted({claim.example for document in documents for claim in document.claims if claim.example}))


def list_ids(document: Document) -> list[str]:
    """Return the ids of all that gets a verdict, and of the points of curves."""
    others = [*(entry.id for entry in document.comparisons), *(entry.id for entry in document.statements)]
    return [*(claim.id for claim in document.claims), *others]


def _expand(group: Any, *, document: dict[str, Any], place: str) -> Iterator[Claim]:
    """Yield the claims of a group; what an entry says goes before what its quantity or the group says."""
    _check(group, keys=_GROUP_KEYS, place=place)
    subject = [group[key] for key in ("experiment", "about") if key in group]
    if len(subject) != 1:
        msg = f"{place}: needs either experiment or about. Received: {', '.join(group)}. Keep one of the two."
        raise ReproError(msg)
    for name, entries in group["claims"].items():
        series = f"{place} ({subject[0]}), claims.{name}"
        if name not in document["quantity"]:
            known = ", ".join(document["quantity"])
            msg = f"{series}: unknown quantity. Known: {known}. Correct it, or add a table [quantity.{name}]."
            raise ReproError(msg)
        _check({"claims": entries}, keys={"claims": ARRAY}, place=series)
        for number, entry in enumerate(entries, 1):
            here = f"{series}, entry {number}"
            _check({"entry": entry}, keys={"entry": TABLE}, place=here)
            claim = {"cell": group["cell"], **document["quantity"][name], **entry}
            _check(claim, keys=_CLAIM_KEYS, place=here)
            id_ = ".".join([subject[0], name, *([str(claim["period"])] if "period" in claim else [])])
            _check({"id": id_}, keys={"id": ID}, place=here)
            yield Claim(id=id_, document=document["id"], experiment=group.get("experiment"), **claim)


def _check(table: Any, *, keys: dict[str, Key], place: str) -> None:
    """Raise a ReproError that names `place` unless `table` keeps the rules of `keys`, and those between keys."""
    check_table(table, keys=keys, place=place)
    _check_together(table, place=place)


def _check_together(table: dict[str, Any], *, place: str) -> None:
    """Raise a ReproError that names `place` if keys of `table` contradict each other."""
    if "metric" in table and table["unit"] not in METRIC_UNITS[table["metric"]]:
        rule = f"the unit of {table['metric']} must be one of {', '.join(METRIC_UNITS[table['metric']])}"
        received = table["unit"]
    elif "printed" in table and not is_number(table["printed"], unit=table["unit"]):
        rule = "printed must be a finite number alone, or minutes:seconds where the unit is seconds"
        received = table["printed"]
    elif table.get("printed_unit") == table.get("unit") is not None:
        rule = "printed_unit stands only where the document prints another unit than the true one, unit"
        received = table["unit"]
    elif "printed" in table and (table["metric"] == "label") != ("example" in table):
        rule = "example, the training image counted from 1, stands with each label and with nothing else"
        received = table["metric"]
    elif table.get("last_line", math.inf) < table.get("first_line", 0):
        rule = f"last_line must be at least first_line, {table['first_line']}"
        received = table["last_line"]
    else:
        return
    msg = f"{place}: {rule}. Received: {received!r}. Correct it there."
    raise ReproError(msg)
