"""A large store is read, judged and reported in bounded time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import make_run

from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import format_record

RECORDS = {"small": 5_000, "full": 100_000}
# What each value's interval costs grows with the runs; that is half of the time of the large store.
MOST_SECONDS = {"small": 60.0, "full": 240.0}
# msgspec makes a number of its own for each one that it reads, at a quarter of the time.
# While it draws, it collects no garbage.
MOST_BYTES = {"small": 300_000_000, "full": 1_600_000_000}

# Runs the command line, and says what it took: the seconds of its processor, which another program does not lengthen.
MEASURED = """
import json, resource, sys
from mnist_repro.cli.main import main

code = main(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_SELF)
# What getrusage says of memory includes that of the process which started this one.
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
with open(sys.argv[1], "w") as file:
    json.dump({"code": code, "seconds": used.ru_utime + used.ru_stime, "bytes": 1024 * int(peak)}, file)
"""


def made_up_lines(protocols: dict[str, Protocol], environment: Environment, *, count: int) -> Iterator[str]:
    """Yield records of all experiments, as many of each, in which no two losses are the same."""
    generator = np.random.default_rng(11)
    templates = [
        json.loads(format_record(make_run(protocol, seed=0, environment=environment, accuracy=accuracy)))
        for accuracy in np.linspace(0.86, 0.94, 20).tolist()
        for protocol in protocols.values()
    ]
    for number in range(count):
        tree = templates[number % len(templates)]
        tree["seed"] = number // len(protocols)
        for loss in (tree["final_loss"], *(period["loss"] for period in tree["periods"])):
            loss.update(zip(loss, generator.uniform(0.2, 0.4, len(loss)).tolist(), strict=True))
        # The end measures what the last period does, where it drops no units.
        last = tree["periods"][-1]["loss"]
        last.update((name, tree["final_loss"][name]) for name in last if "dropout" not in name)
        yield json.dumps(tree) + "\n"


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of the memory is read from /proc")
def test_report_of_large_store_takes_bounded_time_and_memory(
    tmp_path: Path,
    protocols: dict[str, Protocol],
    environment: Environment,
    pytestconfig: pytest.Config,
    record_property: Callable[[str, object], None],
) -> None:
    """A hundred thousand records are read, judged and reported within 240 s of one processor, and 1.6 GB."""
    size = pytestconfig.option.reliability
    folder = tmp_path / "records" / "large"
    folder.mkdir(parents=True)
    with (folder / "runs.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(made_up_lines(protocols, environment, count=RECORDS[size]))
    measured = tmp_path / "measured.json"
    report = ["report", "--publish", "--records", str(tmp_path / "records"), "--output", str(tmp_path / "reports")]

    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", MEASURED, str(measured), *report],
        # More threads would make the seconds of the processor more than those of the clock.
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    found = json.loads(measured.read_text(encoding="utf-8"))
    record_property(
        "reliability figure",
        f"load: {RECORDS[size]:,} records read, judged and reported in {found['seconds']:.0f} s of a processor and "
        f"{found['bytes'] / 1e6:.0f} MB",
    )
    assert found["code"] == 0
    assert found["seconds"] < MOST_SECONDS[size]
    assert found["bytes"] < MOST_BYTES[size]
    runs = -(-RECORDS[size] // len(protocols))
    assert f"| {runs} | {runs} | 0 | 0 |" in (tmp_path / "reports" / "large.md").read_text(encoding="utf-8")
