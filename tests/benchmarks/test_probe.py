"""The program that measures a version of TensorFlow measures all that it says, and writes it whole or not at all."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from mnist_repro.comparison.versions.probes import PROBE_FILE, SCHEMA_VERSION, Probe, read_probe
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.variant import FIRST_STEPS

ERA = Path(__file__).parents[2] / "benchmarks" / "era"
# Its loss is convex: what rounding does to a step does not grow in the next ones.
EXPERIMENT = "julia-linear-lr0.003"
SEEDS = 4


def _load(name: str) -> ModuleType:
    """Load a file of the era's folder, none of which is a part of the package."""
    spec = importlib.util.spec_from_file_location(name, ERA / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


probe_program, defaults = _load("probe"), _load("defaults")


def test_probe_and_its_reader_have_one_schema() -> None:
    """What the program writes is what the package reads."""
    assert probe_program.SCHEMA_VERSION == SCHEMA_VERSION


def test_choose_timed_takes_one_experiment_of_each_network() -> None:
    """Of experiments with the same layers, which differ in their rates and batches, the first is timed."""
    protocols = [dict(protocol, id=name) for name, protocol in json.loads(probe_program.PROTOCOLS.read_text()).items()]

    chosen = [protocol["id"] for protocol in probe_program.choose_timed(protocols)]

    assert chosen == ["julia-linear-lr0.02", "julia-mlp-100x100", "tf1-basic", "tf1-dropout-piecewise"]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        pytest.param("", "none", id="silence"),
        pytest.param("dnnl_verbose,info,cpu,isa:Intel AVX2", "none", id="head alone"),
        pytest.param("onednn_verbose,exec,cpu,gemm_api,,undef,src_f32::blocked:ab:f0", "none", id="product of Eigen's"),
        pytest.param("dnnl_verbose,exec,cpu,matmul,gemm:jit,undef", "matmul", id="under its former name"),
        pytest.param(
            "onednn_verbose,v1,primitive,exec,cpu,reorder,simple:any\n"
            "onednn_verbose,v1,primitive,exec,cpu,inner_product,x64:gemm:jit\n"
            "onednn_verbose,v1,primitive,exec,cpu,inner_product,x64:gemm:jit\n",
            "inner_product, reorder",
            id="version 1 of its lines",
        ),
    ],
)
def test_list_onednn_operations_lines_give_their_kinds(printed: str, expected: str) -> None:
    """Kinds of operations are listed once each, without the products of matrices that every version has."""
    assert probe_program.list_onednn_operations(printed) == expected


def test_count_installed_bytes_leaves_bytecode_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in all folders count, bytecode does not, and a link counts as itself and is not followed."""
    (tmp_path / "package" / "__pycache__").mkdir(parents=True)
    (tmp_path / "module.py").write_bytes(b"12345")
    (tmp_path / "package" / "data.bin").write_bytes(b"1234567")
    (tmp_path / "package" / "__pycache__" / "module.pyc").write_bytes(b"123")
    (tmp_path / "linked").symlink_to("module.py")  # nine bytes
    paths = {"purelib": str(tmp_path), "platlib": str(tmp_path)}
    monkeypatch.setattr(probe_program.sysconfig, "get_paths", lambda: paths)

    assert probe_program.count_installed_bytes() == 5 + 7 + len("module.py")


def test_write_probe_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """A number that is not finite is refused before anything is written."""
    file = tmp_path / PROBE_FILE
    probe_program.write_probe({"schema": 1}, file)

    with pytest.raises(ValueError, match="not JSON compliant"):
        probe_program.write_probe({"schema": math.nan}, file)

    assert json.loads(file.read_text()) == {"schema": 1}
    assert list(tmp_path.iterdir()) == [file]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ERA / "probe.py"), *arguments]
    # The package is imported from wherever these tests have it.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - our words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("tf1-bassic",), "unknown experiment: tf1-bassic. Known: julia-linear", id="unknown experiment"),
        pytest.param(("--rounds", "0"), "--rounds is at least 1; received 0", id="no round"),
        pytest.param(("--data", "nowhere"), "MNIST is read from a folder; nowhere is none", id="no folder"),
    ],
)
def test_probe_bad_option_is_refused(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be measured is said before anything is."""
    ended = _run("--records", str(tmp_path / "records"), "--data", str(tmp_path), *arguments)

    assert ended.returncode == 2
    assert message in ended.stderr
    assert not (tmp_path / "records").exists()


def test_run_measurement_that_fails_gives_its_reason() -> None:
    """The last line of what a process says before it ends without a result is passed on."""
    with pytest.raises(probe_program.MeasurementError, match=r"^time_import ended with code 1: ModuleNotFoundError: "):
        probe_program.run_measurement("time_import", module="no_such_module")


def test_main_measurement_that_fails_leaves_the_old_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without all measurements nothing is written, and one line says why."""
    file = tmp_path / PROBE_FILE
    file.write_text("old")

    def fail(*_: object) -> None:
        raise probe_program.MeasurementError("time_steps was killed")  # noqa: EM101, TRY003 - a stand-in

    monkeypatch.setattr(probe_program, "measure", fail)

    assert probe_program.main(["--records", str(tmp_path), "--data", str(tmp_path)]) == 1
    assert file.read_text() == "old"
    assert capsys.readouterr().err == f"{file} is not written: time_steps was killed\n"


def test_read_defaults_library_with_nothing_answers_every_question() -> None:
    """What does not exist is said to be absent, under the names that every version has."""
    found = defaults.read_defaults(SimpleNamespace())

    del found["IsMklEnabled()"]  # asked of a module by its name
    assert set(found.values()) == {"absent"}


class _Layer:
    """Takes further keywords, as Keras 2's optimisers do, and is made by a `__new__` that takes anything."""

    def __new__(cls, *arguments: object, **further: object) -> Any:
        """Say nothing of what it takes."""
        del arguments, further
        return super().__new__(cls)

    def __init__(self, rate: float = 0.5, **further: float) -> None:
        self.rate = rate
        self.clipnorm = further.pop("clipnorm", None)
        further.pop("clipvalue", None)
        if further:
            raise TypeError


class _NeedyLayer(_Layer):
    """Cannot be made without being told its units."""

    def __init__(self, units: int, **further: float) -> None:
        super().__init__(units, **further)


@pytest.mark.parametrize(
    ("kind", "argument", "expected"),
    [
        pytest.param(_Layer, "rate", 0.5, id="default"),
        pytest.param(_Layer, "clipnorm", None, id="further keyword that is kept"),
        pytest.param(_Layer, "clipvalue", "no default", id="further keyword that is taken"),
        pytest.param(_Layer, "surprise", "no such argument", id="further keyword that is refused"),
        pytest.param(_NeedyLayer, "units", "no default", id="argument without default"),
        pytest.param(_NeedyLayer, "clipnorm", "unknown", id="further keyword of a class that needs more"),
        pytest.param(lambda steps=1: steps, "steps", 1, id="default of a function"),
        pytest.param(lambda **further: further, "steps", "no such argument", id="further keyword of a function"),
    ],
)
def test_read_argument_says_how_it_is_taken(kind: object, argument: str, expected: object) -> None:
    """Arguments are told apart by what a class does with them, also where its signature does not name them."""
    assert defaults._read_argument(SimpleNamespace(kind=kind), "kind", argument) == expected  # noqa: SLF001 - the names of the file are its own


pytest.importorskip("tensorflow")
# The program starts TensorFlow nine times. `.ci/run` starts it with three versions, and sees that it ends well.
measured = pytest.mark.nightly


@pytest.fixture(scope="module")
def probe(random_images: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Return what one round gives on made-up images, for one experiment."""
    folder = tmp_path_factory.mktemp("probe")
    arrays = {
        "train-images-idx3-ubyte": random_images.train_images,
        "train-labels-idx1-ubyte": random_images.train_labels,
        "t10k-images-idx3-ubyte": random_images.test_images,
        "t10k-labels-idx1-ubyte": random_images.test_labels,
    }
    for name, array in arrays.items():
        (folder / name).write_bytes(bytes(16 if "images" in name else 8) + array.tobytes())
    ended = _run("--records", str(folder / "records"), "--data", str(folder), "--rounds", "1", EXPERIMENT)
    assert ended.returncode == 0, ended.stderr
    found = read_probe(folder / "records")
    assert found is not None
    return found


@measured
def test_probe_measures_both_ways(probe: Probe, random_images: Dataset) -> None:
    """Steps, memory and first steps of the session and of the package are there, and say on what."""
    assert list(probe.steps) == list(probe.repeated) == list(probe.first_losses) == ["session", "compiled"]
    for way, experiments in probe.steps.items():
        assert list(experiments) == list(probe.repeated[way]) == list(probe.first_losses[way]) == [EXPERIMENT]
        assert len(experiments[EXPERIMENT].rounds) == 1
        assert experiments[EXPERIMENT].first_call_seconds > max(experiments[EXPERIMENT].rounds[0])
        assert probe.memory_ratios[way][EXPERIMENT] > 1.5
    assert probe.import_seconds.ratio.value > 1
    assert probe.dataset_sha256 == random_images.sha256


@measured
def test_probe_same_seed_gives_bit_equal_steps(probe: Probe) -> None:
    """With one thread, this version repeats this network's steps, within a process and in another."""
    for experiments in probe.repeated.values():
        assert experiments[EXPERIMENT].in_one_process
        assert experiments[EXPERIMENT].in_two_processes


@measured
def test_probe_first_losses_of_both_ways_agree(probe: Probe) -> None:
    """Session and package follow the same runs: fifty losses of each seed, equal but for rounding."""
    session, compiled = (probe.first_losses[way][EXPERIMENT] for way in ("session", "compiled"))

    assert len(session) == len(compiled) == SEEDS
    assert len({losses[-1] for losses in session}) == SEEDS
    for ours, theirs in zip(session, compiled, strict=True):
        assert len(ours) == FIRST_STEPS
        assert ours == pytest.approx(theirs, abs=1e-4)


@measured
def test_probe_first_losses_begin_as_the_experiment_does(
    probe: Probe,
    random_images: Dataset,
    single_thread: None,  # noqa: ARG001 - a setting
) -> None:
    """The first loss is that after one step of the experiment itself."""
    from mnist_repro.training.trainer import Trainer  # noqa: PLC0415 - loads TensorFlow

    trainer = Trainer(load_catalogue().protocols[EXPERIMENT], random_images)
    trainer.load_run(1)
    trainer.train_steps(1)
    validation = trainer.protocol.evaluation_set("validation")

    loss = trainer.evaluate([validation])["validation"].loss

    assert probe.first_losses["session"][EXPERIMENT][1][0] == pytest.approx(loss, abs=1e-5)


@measured
def test_probe_defaults_have_the_names_of_every_version(probe: Probe) -> None:
    """The same questions are answered as by a library that has nothing; oneDNN is asked by what it does."""
    names = {*defaults.read_defaults(SimpleNamespace()), "oneDNN operations of a dense layer"}

    assert names == set(probe.defaults)


@measured
def test_probe_defaults_tell_of_onednn_what_it_does(probe: Probe) -> None:
    """Since TensorFlow 2.9, oneDNN computes a dense layer where TensorFlow says that it is on, and only there."""
    operations = probe.defaults["oneDNN operations of a dense layer"]

    assert (operations != "none") == (probe.defaults["IsMklEnabled()"] == "true")


@measured
def test_probe_defaults_are_the_librarys(probe: Probe) -> None:
    """Keras's Adam divides by another epsilon than TensorFlow 1's, whatever their versions."""
    assert probe.defaults["keras.optimizers.Adam(epsilon)"] == "1e-07"
    assert probe.defaults["compat.v1.train.AdamOptimizer(epsilon)"] == "1e-08"
    assert probe.defaults["executing_eagerly()"] == "true"
    assert probe.defaults["keras.layers.Dense().kernel_initializer"].startswith("GlorotUniform(")
