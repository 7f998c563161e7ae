"""Command-line entry point: parse, dispatch, turn errors into exit codes.

Exit codes: 0 for success; 1 when a run did not complete, a check found a difference or a comparison something worse,
and for nothing else; 2 for bad input or a refusal of the system; 70 for a mistake of this program, with its traceback;
130 when interrupted; 141 when the reader of the output went away, as of any program in a shell.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import NoReturn

from mnist_repro.documents.folders import FOLDERS_VARIABLE, add_document_folders
from mnist_repro.errors import ReproError
from mnist_repro.reporting.escaping import escape_line
from mnist_repro.reporting.terminal.console import make_console

# The module of each verb; only the one that is called is imported.
_VERBS = {
    "list": "listing",
    "plan": "plan",
    "data": "studies",
    "run": "studies",
    "explain": "variants",
    "faults": "variants",
    "confirm": "variants",
    "verdicts": "judge",
    "compare": "judge",
    "baseline": "baseline",
    "report": "report",
    "export": "export",
    "draft": "drafting",
    "provenance": "drafting",
    "document": "document",
}

BAD_INPUT = 2
_MISTAKE = 70
_INTERRUPTED = 130
_CUT_OFF = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    # Matrices are small here: NumPy's threads take three times the processor's time for them. Before NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _escape_what_cannot_be_encoded()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        options = build_parser(next(iter(given), None)).parse_args(given)
        console = make_console()
        with _warnings_on_stderr(), add_document_folders(getattr(options, "document", ())):
            code: int = options.verb(options, console)
        if sys.stdout:  # a service may have none
            sys.stdout.flush()
    except ReproError as error:
        _say_on_stderr(f"mnist-repro: {error}", style="red")
        return BAD_INPUT
    except BrokenPipeError:
        # Whoever read the output has seen enough, such as `head`.
        _forget_output()
        return _CUT_OFF
    except (OSError, MemoryError) as error:
        reason = str(error) or "no memory is left"
        _say_on_stderr(f"mnist-repro: The system refused: {reason}. Runs that had ended are recorded.", style="red")
        _forget_output()
        return BAD_INPUT
    except KeyboardInterrupt:
        _say_on_stderr("Interrupted. The runs that had ended are recorded; the same command goes on.")
        return _INTERRUPTED
    except Exception:  # noqa: BLE001 - Python's own code for it is 1, which says that something got worse
        with suppress(OSError):
            traceback.print_exc()
        return _MISTAKE
    return code


class _StderrHandler(logging.Handler):
    """Print each warning of this package once, in one line on stderr."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._printed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print a warning, unless the same was printed before."""
        message = record.getMessage()
        if message not in self._printed:
            self._printed.add(message)
            _say_on_stderr(f"mnist-repro: {message}", style="yellow")


@contextmanager
def _warnings_on_stderr() -> Iterator[None]:
    handler = _StderrHandler()
    logger = logging.getLogger("mnist_repro")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _escape_what_cannot_be_encoded() -> None:
    """Have the output escape letters that its encoding lacks, as stderr does: Windows redirects in cp1252."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Drop what could not be written: at its end Python would try again, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_on_stderr(text: str, *, style: str | None = None) -> None:
    # A terminal that was closed takes nothing any more.
    with suppress(OSError):
        make_console(stderr=True).print(text, style=style, highlight=False, soft_wrap=True)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, without the usage."""
        self.exit(BAD_INPUT, f"{self.prog}: {escape_line(message)}. See {self.prog} --help.\n")


def build_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """Build the parser of `verb`, or of all verbs if it is not one."""
    parser = Parser(
        prog="mnist-repro",
        description="Train what two public documents describe, many times, and hold their every number against it.",
        epilog="Every verb but `data`, `draft` and `provenance` runs experiments.py, alternatives.py and faults.py of "
        "each document, `report --check` too: of the folders that --document and "
        f"{FOLDERS_VARIABLE} name, and of installed packages with documents. Name only what you trust.",
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    for module in [_VERBS[verb]] if verb in _VERBS else dict.fromkeys(_VERBS.values()):
        import_module(f"mnist_repro.cli.{module}").add_verbs(verbs)
    return parser
