"""Versions side by side, on made-up runs: what differs is found, and what does not is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_runs import make_unfinished, nudge
from made_up_studies import SPREAD, Study

from mnist_repro.comparison.versions.pairwise import (
    Agreement,
    Relation,
    compare_versions,
    find_drift_p,
    measure_drift,
    read_seeded_runs,
)
from mnist_repro.comparison.versions.sensitivity import SAME_VERSION_PAIRS, measure_version_sensitivity
from mnist_repro.comparison.versions.verdict_history import follow_claims, list_undecided
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.run import RunRecord
from mnist_repro.verdicts.finding import Finding, Verdict

NAME = "julia-mlp-100x100"


def compare(first: list[RunRecord], second: list[RunRecord], protocol: Protocol) -> Agreement | None:
    """Compare the runs of two versions."""
    read = [read_seeded_runs(records, protocol=protocol) for records in (first, second)]
    return compare_versions(*read)


def find_p(first: list[RunRecord], second: list[RunRecord], protocol: Protocol) -> float:
    """Test the runs of two versions."""
    return find_drift_p(*(read_seeded_runs(records, protocol=protocol) for records in (first, second)), stream="a b")


def test_compare_versions_same_runs_are_equal(protocol: Protocol, study: Study) -> None:
    """Runs with the same numbers are equal, and their difference is 0 for certain."""
    found = compare(study(), study(), protocol)

    assert found
    assert (found.relation, found.seeds, found.largest) == (Relation.EQUAL, 20, 0.0)
    assert find_p(study(), study(), protocol) == 1.0
    assert (found.accuracy.mean, found.accuracy.mean_interval.high) == (0.0, 0.0)


def test_compare_versions_rounding_is_no_difference(protocol: Protocol, study: Study) -> None:
    """Losses that all differ by less than 0.001 nats, even all the same way, are the same runs but for rounding."""
    found = compare(study(), nudge(study(), 0.0009), protocol)

    assert found
    assert (found.relation, find_p(study(), nudge(study(), 0.0009), protocol)) == (Relation.TOGETHER, 1.0)
    assert found.largest == pytest.approx(0.0009)
    assert found.loss.mean == pytest.approx(0.0009)


def test_compare_versions_small_systematic_difference_is_found(protocol: Protocol, study: Study) -> None:
    """Losses that all differ by more than rounding are found, though seeds differ far more."""
    found = compare(study(), nudge(study(), 0.0011), protocol)

    assert found
    assert found.relation is Relation.PARTED
    assert find_p(study(), nudge(study(), 0.0011), protocol) < 0.001


def test_compare_versions_takes_seeds_that_both_completed(protocol: Protocol, study: Study) -> None:
    """Only seeds of which both versions have a completed run are compared; without any there is nothing to say."""
    first = [*study()[:10], make_unfinished(study()[10])]

    found = compare(first, study()[5:], protocol)

    assert found
    assert found.seeds == 5
    assert compare(study()[:3], study()[3:], protocol) is None


def test_compare_versions_missing_measurement_is_refused(protocol: Protocol, study: Study) -> None:
    """A run that lacks what the others measured is not compared in silence, nor is a version that measured less."""
    broken = [replace(record, final_loss={}) for record in study()]
    shorter = [replace(record, periods=record.periods[:-1]) for record in study()]

    with pytest.raises(ValueError, match="these lack"):
        compare(study(), broken, protocol)
    with pytest.raises(ValueError, match="measured the same"):
        compare(study(), shorter, protocol)


def test_compare_versions_order_of_measuring_does_not_matter(protocol: Protocol, study: Study) -> None:
    """A version that wrote its evaluation sets in another order measured the same."""

    def turn(measured: dict[str, float]) -> dict[str, float]:
        return dict(reversed(measured.items()))

    turned = [
        replace(record, periods=tuple(replace(p, loss=turn(p.loss), accuracy=turn(p.accuracy)) for p in record.periods))
        for record in study()
    ]

    found = compare(study(), turned, protocol)

    assert found
    assert found.relation is Relation.EQUAL


def test_measure_drift_odd_version_is_the_only_one_that_differs(protocol: Protocol, study: Study) -> None:
    """Of four versions one is worse: it differs from each of the others, and no two others differ."""
    versions = {str(stream): {NAME: study(stream=stream)} for stream in range(3)}
    versions["odd"] = {NAME: study(stream=4, shift=-3 * SPREAD)}

    drift = measure_drift(versions, protocols={NAME: protocol})

    assert len(drift.pairs) == 6
    assert {(pair.first, pair.second) for pair in drift.pairs if pair.differs} == {(n, "odd") for n in "012"}
    assert [pair.second for pair in drift.pairs if pair.differs] == ["odd"] * 3
    (each,) = drift.experiments.values()
    assert each.classes == (("0",), ("1",), ("2",), ("odd",))
    assert drift.beside("odd")[NAME].agreement.accuracy.mean == pytest.approx(-3 * SPREAD, abs=SPREAD)


def test_measure_drift_version_equal_to_another_is_no_further_test(protocol: Protocol, study: Study) -> None:
    """Copies, also with other rounding, join the class of the first and have its p-value; the tests stay the same."""
    two = {"a": {NAME: study()}, "b": {NAME: study(stream=1)}}
    copies = {"a2": {NAME: study()}, "b2": {NAME: nudge(study(stream=1), 0.0005)}, "b3": {NAME: study(stream=1)}}

    alone, drift = (measure_drift(versions, protocols={NAME: protocol}) for versions in (two, {**two, **copies}))

    assert drift.experiments[NAME].classes == (("a", "a2"), ("b", "b2", "b3"))
    assert drift.pairs == alone.pairs
    assert [(pair.first, pair.second, pair.adjusted_p == pair.p) for pair in drift.pairs] == [("a", "b", True)]
    assert {name: drift.beside(name)[NAME].p for name in copies} == {
        "a2": 1.0,
        "b2": alone.pairs[0].p,
        "b3": alone.pairs[0].p,
    }


def test_measure_drift_same_distribution_is_not_flagged(protocol: Protocol, study: Study) -> None:
    """Versions whose runs part, and have the same distribution, do not differ."""
    versions = {str(stream): {NAME: study(stream=stream)} for stream in range(5)}

    drift = measure_drift(versions, protocols={NAME: protocol})

    assert {pair.agreement.relation for pair in drift.pairs} == {Relation.PARTED}
    assert not any(pair.differs for pair in drift.pairs)


def test_measure_drift_rounding_in_all_versions_is_no_drift(protocol: Protocol, study: Study) -> None:
    """Versions that all differ by rounding, each by another amount, do not differ."""
    versions = {str(n): {NAME: nudge(study(), 0.0002 * n)} for n in range(4)}

    drift = measure_drift(versions, protocols={NAME: protocol})

    assert drift.pairs == ()
    assert {drift.beside(str(n))[NAME].p for n in (1, 2, 3)} == {1.0}


def test_measure_drift_missing_experiment_is_left_out(protocol: Protocol, study: Study) -> None:
    """A version without an experiment's runs is in no comparison of it; a single version is compared with none."""
    drift = measure_drift({"a": {NAME: study()}, "b": {}, "c": {NAME: study()}}, protocols={NAME: protocol})

    assert drift.experiments[NAME].classes == (("a", "c"),)
    assert (drift.pairs, drift.beside("b"), list(drift.beside("c"))) == ((), {}, [NAME])
    assert measure_drift({"a": {NAME: study()}}, protocols={NAME: protocol}).pairs == ()


def finding(family: str, verdict: Verdict) -> Finding:
    """Return a verdict."""
    return Finding(family=family, verdict=verdict, reason="made up", runs=20)


def test_follow_claims_first_departure_is_the_oldest_other_verdict() -> None:
    """The first version with another verdict than the reference is named; what cannot be told is no departure."""
    verdicts = {
        "old": Verdict.INCONCLUSIVE,
        "middle": Verdict.NOT_REPRODUCED,
        "late": Verdict.NOT_REPRODUCED,
        "newest": Verdict.REPRODUCED,
    }
    findings = {
        version: [finding("loss", verdict), finding("time", Verdict.NOT_COMPARABLE)]
        for version, verdict in verdicts.items()
    }

    histories = {history.family: history for history in follow_claims(findings, reference="newest")}

    assert histories["loss"].first_departure == "middle"
    assert histories["time"].first_departure is None
    assert list_undecided(list(histories.values())) == {"old": ("loss",)}


def test_follow_claims_undecided_reference_departs_from_nothing() -> None:
    """Where the reference decides nothing, no version departs from it."""
    findings = {"a": [finding("loss", Verdict.REPRODUCED)], "b": [finding("loss", Verdict.INCONCLUSIVE)]}

    histories = follow_claims(findings, reference="b")

    assert histories[0].first_departure is None
    assert list_undecided(histories) == {}


def test_measure_version_sensitivity_flags_what_is_planted_and_not_the_same(protocol: Protocol, study: Study) -> None:
    """Lower accuracies and a variant that differs are flagged; twenty pairs of the same version are not."""
    reference = {NAME: study(range(60))}
    variants = {"worse": {NAME: study(stream=5, shift=-4 * SPREAD)}, "alike": {NAME: study(stream=6)}}

    drift = measure_drift({str(n): {NAME: study(stream=n)} for n in range(7)}, protocols={NAME: protocol})

    found = measure_version_sensitivity(reference, variants=variants, drift=drift, protocols={NAME: protocol})

    assert found.tests == 8 * 7 / 2
    assert {version.title: version.flagged for version in found.planted} == {
        "worse": True,
        "alike": False,
        "accuracies lower by 2 standard deviations over seeds": True,
    }
    assert len(found.same) == SAME_VERSION_PAIRS
    assert not any(version.flagged for version in found.same)
    assert len(found.single_tests) == SAME_VERSION_PAIRS
    assert found.low <= 5


def test_measure_version_sensitivity_few_seeds_are_not_split(protocol: Protocol, study: Study) -> None:
    """A reference with fewer runs than two versions have is not split, and no rate is made up."""
    runs = {NAME: study(range(30))}
    drift = measure_drift({"a": runs}, protocols={NAME: protocol})

    found = measure_version_sensitivity(runs, variants={}, drift=drift, protocols={NAME: protocol})

    assert (found.planted, found.same, found.single_tests) == ((), (), [])
