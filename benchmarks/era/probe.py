"""Measure a version of TensorFlow: speed, memory, start, size, repeatability, defaults, and the first losses it gives.

This folder stands alone. It needs NumPy and TensorFlow, from 1.15 on Python 3.7 to the newest; where the package is
installed too, its compiled way of training is measured beside the session. Raw values are written, no statistics.

    python benchmarks/era/probe.py --data DIR --records reports/records/py37-tf115

Each measurement has a process of its own, `measurements.py`; this one imports neither TensorFlow nor NumPy.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path

SCHEMA_VERSION = 1
HERE = Path(__file__).resolve().parent
PROTOCOLS = HERE / "protocols.json"
CODE = ("probe.py", "measurements.py", "ways.py", "defaults.py", "tf1_session.py", "protocols.json")
OLDEST_PYTHON_OF_PACKAGE = (3, 10)
SEEDS = (0, 1, 2, 3)
# The second smallest and the second largest of nine hold the median between them with 96 %.
ROUNDS = 9
SETTINGS = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    # Else every import compiles all that it reads, as it does for nobody.
    "PYTHONDONTWRITEBYTECODE": "",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# oneDNN, whose name was once DNNL, then prints what it does.
ONEDNN_TELLS = {"ONEDNN_VERBOSE": "1", "DNNL_VERBOSE": "1"}


class MeasurementError(RuntimeError):
    """A measurement ended without a result."""


def run_measurement(name, settings=None, **arguments):
    """Make one measurement in a process of its own; return its result and all that it printed."""
    environment = dict(os.environ, **SETTINGS)
    environment.update(settings or {})
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "arguments.json", Path(folder) / "result.json"
        given.write_text(json.dumps(arguments))
        command = [sys.executable, str(HERE / "measurements.py"), name, str(given), str(result)]
        ended = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        if ended.returncode or not result.exists():
            lines = ended.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise MeasurementError("{} ended with code {}: {}".format(name, ended.returncode, lines[-1]))
        return json.loads(result.read_text()), ended.stdout.decode(errors="replace")


def find_ways():
    """Return the names of the ways of training that this environment has."""
    # The package does not run on older ones, also where a checkout lies beside.
    installed = sys.version_info >= OLDEST_PYTHON_OF_PACKAGE and importlib.util.find_spec("mnist_repro")
    return ["session", "compiled"] if installed else ["session"]


def measure(protocols, data, rounds, folder):
    """Make all measurements, and return them by name."""
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    ways = find_ways()
    images = str(folder / "images.npz")
    about, _ = run_measurement("read_environment", data=data, images=images, package="compiled" in ways)
    measured = {"schema": SCHEMA_VERSION, "started": started, "probe_sha256": hash_code()}
    measured.update(about)
    measured.update(time_all(choose_timed(protocols), ways, rounds, images))
    measured["control_peak_bytes"], _ = run_measurement("hold_images", images=images)
    measured["installed_bytes"] = count_installed_bytes()
    measured.update(compare_first_steps(protocols, ways, images))
    defaults, printed = run_measurement("read_defaults", ONEDNN_TELLS)
    measured["defaults"] = dict(defaults, **{"oneDNN operations of a dense layer": list_onednn_operations(printed)})
    return measured


def choose_timed(protocols):
    """Return the first experiment of each network: the others' steps are made of the same parts."""
    first = {}
    for protocol in protocols:
        first.setdefault(json.dumps(protocol["layers"]), protocol)
    return list(first.values())


def time_all(protocols, ways, rounds, images):
    """Time imports and steps, one process after the other, with the controls between."""
    imports = {"tensorflow": [], "control": []}
    steps = {way: {} for way in ways}
    cases = [(way, protocol) for protocol in protocols for way in ways]
    for way, protocol in cases:
        imports["control"].append(run_measurement("time_import", module="numpy")[0])
        timed, _ = run_measurement("time_steps", way=way, protocol=protocol, images=images, rounds=rounds)
        imports["tensorflow"].append(timed.pop("import_seconds"))
        steps[way][protocol["id"]] = timed
    for _ in range(rounds - len(cases)):
        imports["control"].append(run_measurement("time_import", module="numpy")[0])
        imports["tensorflow"].append(run_measurement("time_import", module="tensorflow")[0])
    return {"import_seconds": imports, "control": "zlib {}".format(zlib.ZLIB_RUNTIME_VERSION), "steps": steps}


def compare_first_steps(protocols, ways, images):
    """Make the first steps of each experiment, and some of them again; processes run at once, as nothing is timed."""

    def follow(way, seeds):
        return run_measurement("follow_first_steps", way=way, protocols=protocols, images=images, seeds=seeds)[0]

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        here = {way: workers.submit(follow, way, SEEDS + SEEDS[:1]) for way in ways}
        elsewhere = {way: workers.submit(follow, way, SEEDS[:1]) for way in ways}
    repeated, losses = {}, {}
    for way in ways:
        runs, others = here[way].result(), elsewhere[way].result()
        losses[way] = {name: [run[0] for run in found[: len(SEEDS)]] for name, found in runs.items()}
        repeated[way] = {
            name: {"in_one_process": found[0] == found[-1], "in_two_processes": found[0] == others[name][0]}
            for name, found in runs.items()
        }
    return {"repeated": repeated, "first_losses": losses}


def list_onednn_operations(printed):
    """Return the kinds of operations that oneDNN told of, or "none".

    These are what TensorFlow calls oneDNN's custom operations. `gemm_api` is none of them: it is how products of
    matrices are computed also where they are off. What TensorFlow says of oneDNN itself is not the same in every
    version: in 2.8, `IsMklEnabled()` is False with these operations on.
    """
    lines = [line.split(",") for line in printed.splitlines() if "_verbose," in line and ",exec,cpu," in line]
    kinds = {words[words.index("exec") + 2] for words in lines} - {"gemm_api"}
    return ", ".join(sorted(kinds)) or "none"


def count_installed_bytes():
    """Return the size of all files in site-packages, each path once; without bytecode, which comes with use."""
    paths = sysconfig.get_paths()
    total = 0
    for top in {paths["purelib"], paths["platlib"]}:
        for parent, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name != "__pycache__"]
            total += sum((Path(parent) / name).lstat().st_size for name in files)
    return total


def hash_code():
    """Return the sum of the files that measure."""
    digest = hashlib.sha256()
    for name in CODE:
        digest.update((HERE / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def write_probe(measured, file):
    """Write the measurements, a line for each, whole or not at all."""
    lines = ["{}: {}".format(json.dumps(name), json.dumps(value, allow_nan=False)) for name, value in measured.items()]
    part = file.with_name(file.name + ".part")
    part.write_bytes("{{\n{}\n}}\n".format(",\n".join(lines)).encode())
    part.replace(file)


def parse_arguments(arguments):
    """Return the options, and the protocols of the experiments that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="*", help="default: all")
    parser.add_argument("--data", default=os.environ.get("MNIST_REPRO_DATA"), help="folder with MNIST's four files")
    parser.add_argument("--records", type=Path, required=True, help="folder of the environment's records")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times taken of each (default: %(default)s)")
    options = parser.parse_args(arguments)
    if not options.data and "compiled" not in find_ways():
        parser.error("--data or MNIST_REPRO_DATA names the folder with MNIST's four files")
    if options.data and not Path(options.data).is_dir():
        parser.error("MNIST is read from a folder; {} is none. Correct --data".format(options.data))
    if options.rounds < 1:
        parser.error("--rounds is at least 1; received {}".format(options.rounds))
    protocols = json.loads(PROTOCOLS.read_text())
    unknown = [name for name in options.experiments if name not in protocols]
    if unknown:
        parser.error("unknown experiment: {}. Known: {}".format(", ".join(unknown), ", ".join(protocols)))
    return options, [dict(protocols[name], id=name) for name in options.experiments or protocols]


def main(arguments=None):
    """Measure, and write `probe.json`."""
    options, protocols = parse_arguments(arguments)
    file = options.records / "probe.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(protocols, options.data, options.rounds, Path(folder))
        write_probe(measured, file)
    except (MeasurementError, OSError) as error:
        print("{} is not written: {}".format(file, error), file=sys.stderr)
        return 1
    print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
