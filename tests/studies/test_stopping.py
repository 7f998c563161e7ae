"""The rule by which runs stop is written before they are made, and says later how they are judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_repro.errors import ReproError
from mnist_repro.studies.stopping import StoppingRule, note_rules, plan_rules, read_rules


def test_note_rules_are_read_again_and_the_plain_study_fixes_them(tmp_path: Path) -> None:
    """Runs made until they decide have a fixed number once that is asked for; of others nothing is noted."""
    rules = plan_rules({"a": range(60), "b": range(119)})

    note_rules(tmp_path, rules, fixed={"a": 60, "b": 119}, recorded={"a": 20})
    assert read_rules(tmp_path) == {"a": StoppingRule(planned=60), "b": StoppingRule(planned=119)}

    note_rules(tmp_path, {}, fixed={"b": 200, "c": 200}, recorded={"b": 70})
    assert read_rules(tmp_path) == {"a": StoppingRule(planned=60), "b": StoppingRule(planned=200, is_fixed=True)}


def test_note_rules_of_a_plain_study_writes_nothing(tmp_path: Path) -> None:
    """Where the number of runs was fixed from the start, there is no file."""
    note_rules(tmp_path, {}, fixed={"a": 200}, recorded={})

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        pytest.param({}, "made without --until-decided", id="none"),
        pytest.param({"a": StoppingRule(planned=60)}, "with --seeds 0-59", id="another plan"),
        pytest.param({"a": StoppingRule(planned=119, is_fixed=True)}, "made without --until-decided", id="fixed later"),
    ],
)
def test_note_rules_refuses_a_rule_for_runs_that_were_seen(
    tmp_path: Path, kept: dict[str, StoppingRule], said: str
) -> None:
    """The first runs only set the scale; once there is a later one, its rule stays."""
    rules = {"a": StoppingRule(planned=119)}
    note_rules(tmp_path, kept, fixed={}, recorded={})

    with pytest.raises(ReproError, match=rf"chosen before the runs .* a has 21 runs, .*{said}.* --environment NAME"):
        note_rules(tmp_path, rules, fixed={}, recorded={"a": 21})
    assert read_rules(tmp_path) == kept

    note_rules(tmp_path, rules, fixed={}, recorded={"a": 20})
    note_rules(tmp_path, rules, fixed={}, recorded={"a": 60})
    assert read_rules(tmp_path) == rules


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param([*range(1, 60)], id="not from 0"),
        pytest.param([0, 1, 2, *range(4, 60)], id="with a gap"),
        pytest.param([*range(20)], id="no more than the first"),
    ],
)
def test_plan_rules_refuses_seeds_that_do_not_come_in_turn(seeds: list[int]) -> None:
    """The seeds are those from 0, since their order decides which runs count."""
    with pytest.raises(ReproError, match=r"by seed, from 0, and more than the 20 .* Received for a: .* --seeds"):
        plan_rules({"a": seeds})


@pytest.mark.parametrize("text", ["{", '{"schema": 2, "rules": {}}', '{"schema": 1, "rules": {"a": {"planned": 0}}}'])
def test_read_rules_refuses_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    """A broken file is named, with what to do."""
    (tmp_path / "stopping.json").write_text(text, encoding="utf-8")

    with pytest.raises(ReproError, match=r"stopping\.json cannot be read: .* Remove it"):
        read_rules(tmp_path)
