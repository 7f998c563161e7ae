"""Sentences about the gate say what was measured, and what was not is said to be missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_gate import BROKEN, CAUGHT, ERRORS, MISSED, SHIFT

from mnist_repro.comparison.gate.error_rates import Detection, Difference, FalseAlarms, Shift
from mnist_repro.reporting.wording.gates import (
    format_detections,
    format_false_alarms,
    format_other_environments,
    format_remedy,
    format_shift,
    list_detection_cells,
)


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
