"""Options of every test run, and what the summary at its end says."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mnist_repro.cli.options import (
    DEFAULT_RECORDS,
    DOCUMENT_HELP,
    name_baseline,
    parse_environment,
    parse_seeds,
    parse_tolerances,
    parse_workers,
)
from mnist_repro.comparison.speed.gate import TOLERANCE
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.documents.protocol import PROFILES
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import LOCAL_ENVIRONMENT
from mnist_repro.reporting.escaping import escape_line

_CHECKOUT = Path(__file__).parent
# pytest-benchmark's columns.
_ALL = ("min", "max", "mean", "stddev", "median", "iqr", "outliers", "ops", "rounds", "iterations")


def _checked(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Turn the command line's complaint into pytest's: one line, exit code 4."""

    def read(text: str) -> Any:
        try:
            return parse(text)
        except argparse.ArgumentTypeError as error:
            raise pytest.UsageError(str(error)) from error

    return read


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `mnist-repro run`."""
    group = parser.getgroup("mnist-repro", "which runs are asserted, and where they are kept")
    group.addoption("--profile", choices=PROFILES, default="quick", help="seeds of each experiment (quick)")
    group.addoption("--seeds", type=_checked(parse_seeds), help="seeds in place of a profile's, such as 0-3")
    group.addoption("--workers", type=_checked(parse_workers), help="processes that train (one for each processor)")
    group.addoption("--dataset", choices=("auto", "mnist", "digits"), default="auto", help="images (auto)")
    group.addoption("--data", type=Path, help="folder with MNIST (looked for)")
    group.addoption("--records", type=Path, help=f"folder of the records ({DEFAULT_RECORDS} in the checkout)")
    group.addoption("--document", type=Path, action="append", default=[], metavar="FOLDER", help=DOCUMENT_HELP)
    group.addoption(
        "--environment",
        type=_checked(parse_environment),
        default=LOCAL_ENVIRONMENT,
        help=f"name under which runs are recorded ({LOCAL_ENVIRONMENT})",
    )
    group.addoption(
        "--strict-gates", action="store_true", help="fail where a case of benchmarks/ is skipped, or none was decided"
    )
    group.addoption(
        "--reliability",
        choices=("small", "full"),
        default="small",
        help="how long the tests of reliability go on: full gives the figures of docs/reliability.md (small)",
    )
    group.addoption(
        "--speed-tolerance",
        type=_checked(parse_tolerances),
        default={},
        metavar="RATIO[,EXPERIMENT=RATIO...]",
        help=f"how many times as long as in the baseline a training step may take ({TOLERANCE})",
    )
    group.addoption(
        "--busy-core", action="store_true", help="keep another core busy while test_training_speed.py times steps"
    )
    group.addoption(
        "--new-speed-baseline", action="store_true", help="measure the baseline of training steps again, here"
    )
    group.addoption(
        "--against",
        metavar="REVISION",
        help="compare training steps with those of a revision of this checkout, timed in turn, in place of a baseline",
    )
    group.addoption("--baseline", type=Path, help="folder of what runs are held against (baseline/ beside the records)")


class _NoBenchmarks:
    """What stands in for pytest-benchmark where it is switched off."""

    @pytest.fixture
    def benchmark(self) -> None:
        """Skip what cannot be timed."""
        pytest.skip("steps are timed by pytest-benchmark, which is switched off")


def pytest_configure(config: pytest.Config) -> None:
    """Find the checkout's records, from whatever folder, and the baseline beside them; add the documents named."""
    # Options of plugins stand here: where one is switched off, pytest would not know those of pyproject.toml.
    if getattr(config.option, "reportchars", None) == "fE":  # pytest's own, where none are asked for
        config.option.reportchars = "a"
    if not config.pluginmanager.hasplugin("benchmark"):
        config.addinivalue_line("markers", "benchmark: timed by pytest-benchmark")
        config.pluginmanager.register(_NoBenchmarks())
    elif len(config.option.benchmark_columns or _ALL) == len(_ALL):  # none are asked for
        config.option.benchmark_columns = ["min", "median", "max", "rounds"]
    config.option.records = config.option.records or _CHECKOUT / DEFAULT_RECORDS
    config.option.baseline = name_baseline(config.option.baseline, records=config.option.records)
    added = ExitStack()
    config.add_cleanup(added.close)
    try:
        added.enter_context(add_document_folders(config.option.document))
        load_catalogue()
    except ReproError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a session whose gates decided nothing, where that is asked for."""
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or not session.config.option.strict_gates or exitstatus != pytest.ExitCode.OK:
        return
    outcomes = {
        name: [report.nodeid for report in reporter.getreports(name) if report.nodeid.startswith("benchmarks/")]
        for name in ("passed", "skipped")
    }
    if outcomes["skipped"] or not outcomes["passed"]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        undecided = len(outcomes["skipped"])
        reporter.write_line(f"\nGates: {len(outcomes['passed'])} cases passed, {undecided} were not decided (strict).")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what each gate measured, also where it passed."""
    reports = (report for outcome in ("passed", "failed", "skipped") for report in terminalreporter.getreports(outcome))
    # A module that is skipped as a whole has a report without properties.
    properties = [entry for report in reports for entry in getattr(report, "user_properties", ())]
    for title in ("accuracy gate", "regression gate", "speed gate", "reliability figure"):
        lines = [value for name, value in properties if name == title]
        if lines and config.get_verbosity() >= 0:
            terminalreporter.section(f"{title}s")
            for line in dict.fromkeys(lines):
                terminalreporter.write_line(escape_line(line))
