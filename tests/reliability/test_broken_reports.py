"""Reports and records with something missing or broken: `report --check` passes none of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_runs import make_run, write_store

from mnist_repro.cli.main import main
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment

EXPERIMENT = "julia-linear-lr0.02"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, protocols: dict[str, Protocol], environment: Environment) -> Path:
    """Return a folder with records and the report that they give, which a check finds to be so."""
    folder = tmp_path_factory.mktemp("whole")
    runs = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(3)]
    write_store(folder / "records" / "env", runs)
    assert main(["report", "--publish", "--records", str(folder / "records"), "--output", str(folder / "reports")]) == 0
    assert check(folder) == 0
    return folder


@pytest.fixture
def published(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of records and report, to be broken."""
    return Path(shutil.copytree(whole, tmp_path / "published"))


def check(folder: Path) -> int:
    """Return the exit code of `report --check`."""
    return main(["report", "--check", "--records", str(folder / "records"), "--output", str(folder / "reports")])


def _spoil(folder: Path, pattern: str, change: Callable[[Path], object]) -> None:
    files = sorted(folder.glob(pattern))
    assert files
    change(files[0])


@pytest.mark.parametrize(
    ("pattern", "change", "code"),
    [
        pytest.param("reports/env.md", Path.unlink, 1, id="page missing"),
        pytest.param("reports/env.md", lambda file: file.write_text("", encoding="utf-8"), 1, id="page empty"),
        pytest.param(
            "reports/README.md",
            lambda file: file.write_text(file.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8"),
            1,
            id="digit changed",
        ),
        pytest.param("reports/figures/env/*.svg", Path.unlink, 1, id="figure missing"),
        pytest.param("reports", shutil.rmtree, 1, id="report missing"),
        pytest.param("records/env/runs.jsonl", Path.unlink, 2, id="records missing"),
        pytest.param("records/env/runs.jsonl", lambda file: file.write_bytes(b""), 2, id="records empty"),
        pytest.param("records/env/runs.jsonl", lambda file: file.write_bytes(b"{}\n"), 2, id="record broken"),
        pytest.param("records", shutil.rmtree, 2, id="folder of records missing"),
        pytest.param(
            "records/env/runs.jsonl",
            lambda file: file.write_bytes(file.read_bytes()[: -len(file.read_bytes().splitlines()[-1]) - 1]),
            1,
            id="one record fewer",
        ),
        pytest.param(
            "records/env/runs.jsonl",
            lambda file: file.write_text(
                file.read_text(encoding="utf-8").replace('"protocol_sha256": "', '"protocol_sha256": "0'),
                encoding="utf-8",
            ),
            2,
            id="another protocol",
        ),
    ],
)
def test_check_of_report_with_broken_input_does_not_pass(
    published: Path, pattern: str, change: Callable[[Path], object], code: int
) -> None:
    """Whatever is missing or differs, in the report or the records, the check says so by its exit code."""
    _spoil(published, pattern, change)

    assert check(published) == code
