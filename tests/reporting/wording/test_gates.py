"""The page of the gate and its verb: what they say is what was measured, and what was not is said to be missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_reports import check_report, write_report
from made_up_runs import write_store
from made_up_studies import make_study

from mnist_repro.cli import baseline as verbs
from mnist_repro.cli.main import main
from mnist_repro.comparison.gate import error_file as gate_record
from mnist_repro.comparison.gate.baseline import read_baseline, write_baseline
from mnist_repro.comparison.gate.error_rates import (
    Detection,
    Difference,
    FalseAlarms,
    GateErrors,
    OtherEnvironments,
    Shift,
)
from mnist_repro.comparison.gate.resampling import GATE_PROFILE
from mnist_repro.comparison.gate.summary import summarize_gate
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.wording.gates import (
    format_detections,
    format_false_alarms,
    format_other_environments,
    format_remedy,
    format_shift,
    list_detection_cells,
)
from mnist_repro.stats.summary import Interval

SHIFT = Shift(evaluation_set="test", accuracy=-0.0251, spread=0.005)
CAUGHT = Detection(
    fault="tf1-basic+relu",
    title="ReLU | for sigmoid",
    experiment="tf1-basic",
    runs=20,
    unfinished=0,
    changed=20,
    seeds=10,
    gate_runs=400,
    caught=400,
    interval=Interval(0.99, 1.0),
    shift=SHIFT,
    difference=Difference.SEEN,
    seeds_needed=None,
)
MISSED = replace(CAUGHT, fault="tf1-basic+slow", title="slow", caught=60, shift=replace(SHIFT, accuracy=0.001))
BROKEN = replace(CAUGHT, fault="tf1-basic+bad", title="bad", caught=372, changed=19, unfinished=2, seeds_needed=14)
ERRORS = GateErrors(
    environment="linux",
    false_alarms=FalseAlarms(trials=100_000, alarms=96),
    elsewhere=OtherEnvironments(names=("mac", "new"), alarms=(), equal=3, tested=9, smallest_p=0.0966),
    detections=(CAUGHT, replace(MISSED, seeds_needed=35), BROKEN),
    not_run=("tf1-basic+not-run",),
)

Measure = Callable[..., GateErrors]


@pytest.fixture
def records(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Path:
    """Return a folder with an environment that has six runs of every experiment."""
    runs = [run for protocol in protocols.values() for run in make_study(protocol, range(6), environment=environment)]
    write_store(tmp_path / "records" / "linux", runs)
    return tmp_path / "records"


@pytest.fixture
def baseline(records: Path, tmp_path: Path) -> Path:
    """Return the folder of a baseline with these runs."""
    write_baseline(RecordStore(records / "linux").read(), folder=tmp_path / "baseline")
    return tmp_path / "baseline"


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> Measure:
    """Measure nothing: what is written is made up."""
    monkeypatch.setattr(gate_record, "measure_false_alarms", lambda *_, **__: ERRORS.false_alarms)
    monkeypatch.setattr(gate_record, "measure_elsewhere", lambda *_, **__: replace(ERRORS.elsewhere, names=()))
    monkeypatch.setattr(gate_record, "measure_detection", lambda *_, **__: list(ERRORS.detections))
    return gate_record.measure_errors


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, protocols: dict[str, Protocol]) -> dict[str, Protocol]:
    """Return the protocols with quick profiles of three seeds, which are also those of the command line."""
    changed = {name: replace(protocol, seeds={GATE_PROFILE: 3, "full": 6}) for name, protocol in protocols.items()}
    catalogue = replace(load_catalogue(), protocols=changed)
    monkeypatch.setattr(verbs, "load_catalogue", lambda: catalogue)
    return changed


def words(text: str) -> str:
    """Return a text with single blanks."""
    return " ".join(text.split())


def test_format_false_alarms_gives_the_rate_with_its_interval() -> None:
    """Clopper and Pearson's interval of 96 in 100,000 is 0.078 to 0.117 %, by scipy.stats.binomtest."""
    assert format_false_alarms(ERRORS.false_alarms) == (
        "Arithmetic: the tests fail 96 of 100,000 splits of the baseline, 0.096 % (0.078 to 0.117 %), "
        "within the allowed 0.1 %."
    )
    assert ", MORE THAN the allowed 0.1 %." in format_false_alarms(FalseAlarms(trials=1_000, alarms=50))


def test_format_other_environments_names_the_alarms() -> None:
    """What fails is named; without other environments nothing is claimed."""
    found = ERRORS.elsewhere
    assert format_other_environments(found) == (
        "Real runs: of 2 other environments, whose runs stand for today's, none fails. "
        "In 3 of 12 experiments their runs are the baseline's, bit for bit; "
        "the smallest adjusted p-value of the other 9 is 0.10."
    )
    assert " today's, new fails. In " in format_other_environments(replace(found, alarms=("new",)))
    assert "no other environment has any" in format_other_environments(replace(found, names=()))


def test_list_detection_cells_give_the_rate_with_its_interval() -> None:
    """Runs that did not complete are counted, and so are those that bits show."""
    assert list_detection_cells(BROKEN) == [
        "−2.51 points, −5.0 sd, test; 2 of 20 runs did not complete",
        "19 of 20",
        "93 % (99 to 100 %)",
        "**yes, missed**",
        "about 14 seeds",
    ]


def test_format_detections_counts_add_up() -> None:
    """What is caught, what has to be, and what was not run are counted."""
    assert format_detections(ERRORS) == (
        "Planted faults: bit for bit, every run of 2 of 3 differs from the baseline's of the same seed; "
        "the tests catch 1 in at least 95 % of gate runs, including 1 of 2 large enough that they must be caught; "
        "1 more was not run."
    )


@pytest.mark.parametrize(
    ("shift", "text"),
    [
        pytest.param(SHIFT, "−2.51 points, −5.0 sd, test", id="down"),
        pytest.param(replace(SHIFT, accuracy=0.00004), "0.00 points, 0.0 sd, test", id="hardly"),
        pytest.param(replace(SHIFT, accuracy=-0.00004), "0.00 points, 0.0 sd, test", id="hardly, down"),
        pytest.param(replace(SHIFT, spread=0.0), "−2.51 points, test", id="no spread"),
        pytest.param(None, "not measured", id="not measured"),
    ],
)
def test_format_shift_is_in_points_and_standard_deviations(shift: Shift | None, text: str) -> None:
    """Both have a sign, but what rounds to 0 is not below it; what is not known is not 0."""
    assert format_shift(shift) == text


@pytest.mark.parametrize(
    ("detection", "text"),
    [
        pytest.param(CAUGHT, "", id="caught"),
        pytest.param(replace(CAUGHT, caught=380, seeds_needed=5), "", id="caught often enough"),
        pytest.param(BROKEN, "about 14 seeds", id="known"),
        pytest.param(MISSED, "more than the baseline can resolve", id="small baseline"),
        pytest.param(
            replace(MISSED, difference=Difference.NONE),
            "impossible: its runs equal those of the baseline",
            id="the same runs",
        ),
        pytest.param(
            replace(MISSED, difference=Difference.NOT_SEEN),
            "unknown: 20 runs of it do not differ from the baseline",
            id="not seen",
        ),
        pytest.param(replace(MISSED, difference=Difference.UNKNOWN), "unknown", id="not comparable"),
    ],
)
def test_format_remedy_says_of_a_miss_what_would_catch_it(detection: Detection, text: str) -> None:
    """Only a miss has a remedy, and none that is not known."""
    assert format_remedy(detection) == text


def test_summarize_gate_without_baseline_is_none(tmp_path: Path, protocols: dict[str, Protocol]) -> None:
    """There is nothing to say of no baseline."""
    assert summarize_gate(tmp_path, records=tmp_path, faults=(), protocols=protocols) is None


@pytest.mark.usefixtures("few_lines")
def test_write_report_without_baseline_has_no_page_of_the_gate(records: Path, tmp_path: Path) -> None:
    """Neither a page nor a link to one is written."""
    written = write_report(tmp_path / "report", records=records, baseline=tmp_path / "nowhere")

    assert "gate.md" not in {file.name for file in written}
    assert "gate.md" not in (tmp_path / "report" / "README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("few_lines")
def test_write_report_baseline_not_measured_is_said(records: Path, baseline: Path, tmp_path: Path) -> None:
    """A baseline of which nothing was measured has a page that says so, and which is reached from the first one."""
    write_report(tmp_path / "report", records=records, baseline=baseline)

    page = (tmp_path / "report" / "gate.md").read_text(encoding="utf-8")
    assert "Not measured with this baseline. `mnist-repro baseline` does." in page
    assert "The baseline has 36 runs" in page
    assert "(gate.md)" in (tmp_path / "report" / "README.md").read_text(encoding="utf-8")
    assert check_report(tmp_path / "report", records=records, baseline=baseline) == []


@pytest.mark.usefixtures("few_lines")
def test_write_report_page_shows_what_was_measured(
    records: Path, baseline: Path, protocols: dict[str, Protocol], measure: Measure, tmp_path: Path
) -> None:
    """Rate, interval, each fault with its share and its remedy, misses and broken rules too, and what was not run."""
    faults = load_catalogue().faults
    measure(baseline, faults_of=RecordStore(records / "linux"), faults=faults, protocols=protocols)

    write_report(tmp_path / "report", records=records, baseline=baseline)

    page = (tmp_path / "report" / "gate.md").read_text(encoding="utf-8")
    assert format_false_alarms(ERRORS.false_alarms) in words(page)
    assert "no other environment has any to stand for today's" in words(page)
    rows = [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in page.splitlines() if line.startswith("| tf1-basic")]
    for detection, title in zip(ERRORS.detections, ("ReLU \\| for sigmoid", "slow", "bad"), strict=True):
        assert ["tf1-basic", title, *list_detection_cells(detection)] in rows
    # Beside the faults' rows there is one of the experiment itself.
    assert sorted(map(len, rows)) == [6, 7, 7, 7]
    # Faults without runs are named.
    assert "Planted but not run in `linux`, or with too few seeds:" in page
    assert "- tf1-basic+pixels-0-to-1" in page


@pytest.mark.usefixtures("few_lines", "measure")
def test_check_report_finds_another_page_of_the_gate(records: Path, baseline: Path, tmp_path: Path) -> None:
    """A page that is not what the baseline gives is found, and so is a missing one."""
    write_report(tmp_path / "report", records=records, baseline=baseline)
    page = tmp_path / "report" / "gate.md"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert check_report(tmp_path / "report", records=records, baseline=baseline) == [
        f"{page} is not what the records give. Write it again with `mnist-repro report --publish`."
    ]

    page.unlink()

    assert check_report(tmp_path / "report", records=records, baseline=baseline) == [
        f"{page} is missing. Write it with `mnist-repro report --publish`."
    ]


@pytest.mark.usefixtures("few")
def test_baseline_verb_copies_and_measures(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measure: Measure
) -> None:
    """The environment's runs are the baseline, and what was measured is printed and kept."""
    del measure
    monkeypatch.chdir(tmp_path)

    code = main(["baseline", "--records", str(records), "--environment", "linux", "--baseline", "kept"])

    out = capsys.readouterr().out
    assert code == 0
    assert "Baseline: 36 runs of linux, kept" in out
    assert "the tests fail 96 of 100,000 splits" in out
    assert "Real runs: no other environment" in out
    assert "every run of 2 of 3 differs" in out
    kept = [
        run for runs in read_baseline(tmp_path / "kept", protocols=load_catalogue().protocols).values() for run in runs
    ]
    assert sorted(map(repr, kept)) == sorted(map(repr, RecordStore(records / "linux").read()))
    assert (tmp_path / "kept" / "errors.json").is_file()


def test_baseline_verb_too_few_runs_replace_nothing(
    records: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there are too few runs to measure with, one line says so, and the old baseline stays."""
    write_baseline(read_baseline(baseline, protocols=load_catalogue().protocols)["tf1-basic"], folder=baseline)
    before = (baseline / "runs.jsonl").read_bytes()

    code = main(["baseline", "--records", str(records), "--environment", "linux", "--baseline", str(baseline)])

    error = capsys.readouterr().err
    assert code == 2
    assert error.count("\n") == 1
    assert "measured with 40 runs of julia-linear-lr0.02 against others; the baseline would have 6 in all" in error
    assert (baseline / "runs.jsonl").read_bytes() == before


def test_plan_verb_without_records_says_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing has to have been run, and nothing is trained or written."""
    monkeypatch.chdir(tmp_path)

    code = main(["plan", "tf1-basic", "--profile", "full", "--workers", "2"])

    out = words(capsys.readouterr().out)
    assert code == 0
    assert "tf1-basic 119 unknown unknown nobody yet" in out
    assert "julia" not in out
    assert list(tmp_path.iterdir()) == []


def test_plan_verb_times_are_those_of_the_records(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Runs of three seconds, from the environment that is asked for or, said so, from another one."""
    for environment, said in (("linux", "linux"), ("local", "linux; none here")):
        code = main(["plan", "tf1-basic", "--records", str(records), "--environment", environment, "--workers", "1"])

        out = words(capsys.readouterr().out)
        assert code == 0
        assert re.search(rf"tf1-basic 10 3\.00 30 {said} ", out)
        assert "10 runs, 30 s of one processor core, without tracing and compiling." in out


def test_plan_verb_unknown_experiment_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An experiment that is not there is named, with those that are."""
    assert main(["plan", "nothing"]) == 2
    assert capsys.readouterr().err.startswith("mnist-repro: Unknown experiment: nothing. Known: julia-linear-lr0.02")
