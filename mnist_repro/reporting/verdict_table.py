"""The verdicts alone: as a table in the terminal, as Markdown, or as JSON for other programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Literal, get_args

from rich.console import Console
from rich.table import Table

from mnist_repro.certainty import Certainty
from mnist_repro.reporting.contents import EnvironmentResult
from mnist_repro.reporting.formats import escape_markdown
from mnist_repro.statistics import Interval
from mnist_repro.verdicts import Finding

Form = Literal["table", "markdown", "json"]
FORMATS: tuple[Form, ...] = get_args(Form)

_COLUMNS = ("claim", "verdict", "p", "p, adjusted", "runs", "reason")


def print_verdicts(result: EnvironmentResult, *, form: Form, console: Console) -> None:
    """Print the verdict on every family, every comparison and every statement, in this order.

    Parameters
    ----------
    form
        "table", "markdown" or "json"; p-values are rounded to two digits except in JSON.
    """
    if form == "json":
        console.file.write(json.dumps(list(_entries(result)), indent=2, allow_nan=False) + "\n")
        return
    rows = [_row(family.finding) for family in result.families]
    rows += [_row(said.finding, says=said.subject.says) for said in (*result.compared, *result.stated)]
    if form == "markdown":
        lines = [_COLUMNS, ["---"] * len(_COLUMNS), *([escape_markdown(cell) for cell in row] for row in rows)]
        console.file.writelines(f"| {' | '.join(cells)} |\n" for cells in lines)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False)


def _row(finding: Finding, *, says: str = "") -> list[str]:
    numbers = ["" if p is None else f"{p:.2g}" for p in (finding.p, finding.adjusted_p)]
    reason = f"{says} {finding.reason[:1].upper()}{finding.reason[1:]}" if says else finding.reason
    return [finding.family, finding.verdict.value, *numbers, str(finding.runs), reason]


def _entries(result: EnvironmentResult) -> Iterator[dict[str, Any]]:
    certainties = {c.claim.id: c for experiment in result.experiments for c in experiment.certainties}
    for family in result.families:
        certainty = certainties.get(family.claim.id)
        yield {
            **_entry(family.finding, kind="claim", document=family.claim.document, says=None),
            "certainty": certainty and _describe(certainty),
        }
    for kind, group in (("comparison", result.compared), ("statement", result.stated)):
        for said in group:
            entry = _entry(said.finding, kind=kind, document=said.subject.document, says=said.subject.says)
            yield {**entry, "certainty": None}


def _entry(finding: Finding, *, kind: str, document: str, says: str | None) -> dict[str, Any]:
    return {
        "claim": finding.family,
        "kind": kind,
        "document": document,
        "says": says,
        "verdict": finding.verdict.value,
        "p": finding.p,
        "adjusted_p": finding.adjusted_p,
        "runs": finding.runs,
        "runs_needed": finding.runs_needed,
        "reason": finding.reason,
    }


def _describe(certainty: Certainty) -> dict[str, Any]:
    sampling = certainty.sampling_interval
    return {
        "of": certainty.claim.id,
        "unit": certainty.claim.unit,
        "difference": _round(certainty.difference),
        "difference_interval": _ends(certainty.difference_interval),
        "mean_interval": _ends(certainty.mean_interval),
        "bootstrap_interval": _ends(certainty.bootstrap_interval),
        "detectable_difference": _round(certainty.detectable),
        "images": certainty.images,
        "sampling_interval": sampling and _ends(sampling),
        "half_unit": _round(certainty.half_unit),
    }


def _ends(interval: Interval) -> list[float | None]:
    return [_round(interval.low), _round(interval.high)]


def _round(value: float) -> float | None:
    """Keep the digits that are the same with every version of SciPy; what is unknown is null in JSON."""
    return None if math.isnan(value) else float(f"{value:.6g}")
