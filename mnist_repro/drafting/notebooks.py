"""Notebooks, as nbformat reads them: each cell with its label, its source and what it printed."""

from __future__ import annotations

import json
import logging
import warnings
from typing import Any

from mnist_repro.drafting.markup import text_of_html
from mnist_repro.drafting.terminal import apply_controls
from mnist_repro.drafting.text import StoredText
from mnist_repro.errors import ReproError


def read_notebook(content: str) -> StoredText:
    """Read a notebook of nbformat 3 or 4.

    Raises
    ------
    ReproError
        If it is none.
    """
    try:
        import nbformat  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "Notebooks are read by nbformat, which is missing. Install it: pip install 'mnist-repro[draft]'."
        raise ReproError(msg) from error
    # It writes of small misfits to a log of its own; what it cannot read it raises.
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(content, as_version=4)  # type: ignore[no-untyped-call, unused-ignore]
    except RecursionError:
        raise
    except Exception as error:
        raise _no_notebook(error) from error
    try:
        cells = [_read_cell(cell) for cell in notebook.cells]
    except (AttributeError, KeyError, TypeError) as error:
        raise _no_notebook(error) from error
    language = str(notebook.metadata.get("kernelspec", {}).get("language") or "python").lower()
    return _join(cells, language=language)


def _no_notebook(error: Exception) -> ReproError:
    reason = " ".join(str(error).split()) or "no reason given"
    return ReproError(
        "A notebook is JSON with `nbformat` 3 or 4 and a list of cells; this file is none: "
        f"{type(error).__name__}: {reason:.120}. Open and save it in Jupyter, or correct its name."
    )


def _read_cell(cell: Any) -> tuple[str, int | None, list[str], list[str], list[str]]:
    """Return type and number of a cell, and the lines of its source, its output and its problems."""
    source = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    count = cell.get("execution_count")
    outputs, problems = [], []
    for output in cell.get("outputs", ()):
        shown, problem = _show(output)
        outputs.append(shown)
        problems += [problem] if problem else []
    number = count if isinstance(count, int) else None
    # Streams are one text: a bar goes on in the next piece.
    printed = apply_controls("".join(outputs).rstrip("\n")) if any(outputs) else []
    return cell.cell_type, number, apply_controls(source), printed, problems


def _show(output: Any) -> tuple[str, str]:
    """Return the text of an output, and what is the matter with it."""
    kind = output.get("output_type")
    if kind == "stream":
        return _text(output.get("text")), ""
    if kind == "error":
        return "", f"it ended with {output.get('ename', 'an error')}: what it would have printed is missing"
    data = output.get("data") or {}
    html, plain = _text(data.get("text/html")), _text(data.get("text/plain"))
    if "<table" in html:
        return "\n".join(text_of_html(html)) + "\n", ""
    # What stands for a picture or an object says nothing.
    return (plain + "\n" if plain and not plain.lstrip().startswith("<") else ""), ""


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(str(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value) if value else ""


def _join(cells: list[tuple[str, int | None, list[str], list[str], list[str]]], *, language: str) -> StoredText:
    text = StoredText()
    ran = [number for kind, number, *_ in cells if kind == "code" and number]
    if ran != sorted(ran):
        text.problems.append("Cells ran in another order than they stand: their numbers say which came first.")
    if repeated := sorted({number for number in ran if ran.count(number) > 1}):
        text.problems.append(f"More than one cell has the number {', '.join(map(str, repeated))}.")
    for kind, number, source, printed, problems in cells:
        if kind != "code":
            text.add_cell("text", order=-1, language="none")
            text.add([*source, ""], kind="prose")
            continue
        label = f"In [{number or ' '}]"
        text.add_cell(label, order=number or 0, language=language)
        text.add([f"{label}:"], kind="label")
        text.add([*source, ""], kind="source")
        text.add([*printed, ""] if printed else [], kind="output")
        text.problems += [f"{label}: {problem}." for problem in problems]
    return text
