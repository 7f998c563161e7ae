"""Full and read-only disks: one clear message, exit code not 0, and what was recorded stays readable.

Small and read-only file systems are mounted in a namespace of their own, which ends with the process.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import MakeRecord, make_run, write_store

from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.records.store import RecordStore

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "mnist_repro"]
EXPERIMENT = "julia-linear-lr0.003"

# Appends until the disk is full, makes room, and goes on.
FILL = """
import json, sys
from pathlib import Path
from mnist_repro.errors import ReproError
from mnist_repro.records.store import RecordStore; from mnist_repro.records.run import parse_record
from dataclasses import replace

folder, sample = Path(sys.argv[1]), Path(sys.argv[2])
record = parse_record(sample.read_text(encoding="utf-8").splitlines()[0])
store = RecordStore(folder / "local")
store.prepare()
(folder / "ballast").write_bytes(bytes(20_000))
messages, appended = [], 0
while not messages:
    try:
        store.append(replace(record, seed=appended))
        appended += 1
    except ReproError as error:
        messages.append(str(error))
full = [each.seed for each in store.read()], store.file.read_bytes()[-1:] == b"\\n"
(folder / "ballast").unlink()
store.append(replace(record, seed=appended))
print(json.dumps({"appended": appended, "message": messages[0], "full": full, "after": len(store.read())}))
"""


def can_mount() -> bool:
    """Return whether this process may mount file systems in a namespace of its own."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    tried = subprocess.run([unshare, "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)  # noqa: S603 - fixed words
    return tried.returncode == 0


needs_mounts = pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here (unshare -rm)")


def run_with(mount: str, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command after another, which mounts, in a namespace of their own."""
    return subprocess.run(  # noqa: S603 - our own program
        ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", *command],  # noqa: S607 - found by can_mount
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "300", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_refused(ended: subprocess.CompletedProcess[str], *, because: str) -> None:
    """Check that a command line ended with one message."""
    assert ended.returncode == 2, ended.stderr
    assert because in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> tuple[Path, str]:
    """Return a folder, and the command that mounts 64 KiB there."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder, f"mount -t tmpfs -o size=64k none '{folder}'"


@pytest.fixture
def records(tmp_path: Path, protocols: dict[str, Protocol], environment: Environment) -> Path:
    """Return a folder of records with two runs."""
    runs = [make_run(protocols[EXPERIMENT], seed=seed, environment=environment) for seed in range(2)]
    write_store(tmp_path / "records" / "local", runs)
    return tmp_path / "records"


@needs_mounts
def test_append_on_full_disk_says_so_and_keeps_what_was_recorded(small_disk: tuple[Path, str]) -> None:
    """What fitted is read, no part of a line is left, and once there is room the store goes on."""
    folder, mount = small_disk
    sample = ROOT / "tests" / "support" / "data" / "runs-schema-1.jsonl"

    ended = run_with(mount, [sys.executable, "-c", FILL, str(folder), str(sample)])

    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["appended"] >= 5
    assert found["full"] == [list(range(found["appended"])), True]
    assert found["after"] == found["appended"] + 1
    assert f"seed {found['appended']}, could not be written to {folder}" in found["message"]
    assert "disk full?" in found["message"] or "No space left on device" in found["message"]


def test_append_beyond_the_limit_of_a_file_takes_the_part_of_a_line_back(
    tmp_path: Path, make_record: MakeRecord
) -> None:
    """A limit that is reached in mid-line leaves the lines before it, and the error names the run."""
    store = RecordStore(tmp_path / "local")
    store.prepare()
    store.append(make_record(seed=0))
    before = store.file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))

    try:
        with pytest.raises(ReproError, match=r"small-net, seed 1, could not be written to .*: only 100 of \d+ bytes"):
            store.append(make_record(seed=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert store.file.read_bytes() == before
    assert [record.seed for record in store.read()] == [0]
    store.append(make_record(seed=1))
    assert [record.seed for record in store.read()] == [0, 1]


@needs_mounts
@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        pytest.param(["report", "--output", "{disk}", "--records", "{records}"], "cannot be written", id="report"),
        pytest.param(["run", EXPERIMENT, "--dataset", "digits", "--records", "{disk}"], "--records", id="run"),
    ],
)
def test_command_on_read_only_folder_says_so(tmp_path: Path, records: Path, arguments: list[str], because: str) -> None:
    """Where the folder of the report or of the records is read-only, the command ends with one message, at once."""
    if arguments[0] == "run":
        pytest.importorskip("tensorflow", reason="a study needs it")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount --bind '{disk}' '{disk}' && mount -o remount,ro,bind '{disk}'"

    ended = run_with(mount, [*PROGRAM, *(word.format(disk=disk, records=records) for word in arguments)])

    assert_refused(ended, because=because)
    assert "Read-only file system" in ended.stderr
    assert list(disk.iterdir()) == []


@needs_mounts
def test_verdicts_of_read_only_records_are_printed(records: Path) -> None:
    """What only reads needs nothing that can be written."""
    mount = f"mount --bind '{records}' '{records}' && mount -o remount,ro,bind '{records}'"

    ended = run_with(mount, [*PROGRAM, "verdicts", "--records", str(records)])

    assert (ended.returncode, ended.stderr) == (0, "")


@needs_mounts
@pytest.mark.parametrize("full", ["output", "temporary folder"])
def test_report_on_full_disk_says_so(tmp_path: Path, records: Path, small_disk: tuple[Path, str], full: str) -> None:
    """Where the report, or what is written on the way to it, has no room, the command ends with one message."""
    folder, mount = small_disk
    output = folder if full == "output" else tmp_path / "reports"
    options = {"TMPDIR": str(folder)} if full != "output" else {}

    ended = run_with(mount, [*PROGRAM, "report", "--records", str(records), "--output", str(output)], **options)

    assert_refused(ended, because="No space left on device")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_verdicts_to_full_device_says_so(records: Path) -> None:
    """Where the output itself has no room, the command does not end as if all were well."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(  # noqa: S603 - our own program
            [*PROGRAM, "verdicts", "--records", str(records)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert ended.returncode == 2
    assert ended.stderr.startswith("mnist-repro: The system refused: ")
    assert len(ended.stderr.strip().splitlines()) == 1


def test_verdicts_that_nobody_reads_end_in_silence(records: Path) -> None:
    """A pipe that is closed, as `head` does, is no error to speak of."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "verdicts", "--records", str(records)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        said = command.stderr.read()

    assert (command.returncode, said) == (141, "")


@needs_mounts
def test_study_on_full_disk_says_so_and_goes_on_elsewhere(small_disk: tuple[Path, str], tmp_path: Path) -> None:
    """A study whose disk fills up ends with one message, its records stay readable, and no worker goes on."""
    pytest.importorskip("tensorflow")
    folder, mount = small_disk
    study = " ".join([*PROGRAM, "run", EXPERIMENT, "--dataset", "digits", "--seeds", "0-19", "--workers", "2"])
    script = f"{study} --records '{folder}'; code=$?; cp -r '{folder}' '{tmp_path / 'kept'}'; exit $code"

    ended = run_with(mount, ["sh", "-c", script])

    assert_refused(ended, because="could not be written")
    found = RecordStore(tmp_path / "kept" / "local-digits").read()
    assert 0 < len(found) < 20
    assert len({record.seed for record in found}) == len(found)
