"""What other programs read: `claims.json` keeps its schema, says what is known, and never shows what is no result."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import make_run, make_unfinished, write_store

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.records.run import RunRecord
from mnist_repro.reporting.exports.claims_json import format_claims, read_schema
from mnist_repro.studies.stopping import StoppingRule, note_rules
from mnist_repro.verdicts.environment import summarize_environment

jsonschema = pytest.importorskip("jsonschema")

EXPERIMENT = "tf1-basic"
ACCURACY = f"{EXPERIMENT}.test-accuracy"

Describe = Callable[..., dict[str, Any]]


@pytest.fixture
def describe(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Describe:
    """Return a function that makes runs of one experiment and returns what `claims.json` says of them."""

    def make(
        seeds: range,
        *,
        name: str = "linux",
        change: Callable[[RunRecord], RunRecord] = copy.copy,
        documents: Mapping[str, Document] = load_catalogue().documents,
        **changes: Any,
    ) -> dict[str, Any]:
        runs = [change(make_run(protocols[EXPERIMENT], seed=s, environment=environment, **changes)) for s in seeds]
        store = write_store(tmp_path / name, runs)
        result = summarize_environment(
            store, documents=documents, protocols=load_catalogue().protocols, alternatives=(), labels={}
        )
        content: dict[str, Any] = json.loads(format_claims([result], documents=documents))
        validate(content)
        return content

    return make


def validate(content: object) -> None:
    """See that `content` keeps the published schema."""
    jsonschema.Draft202012Validator(json.loads(read_schema())).validate(content)


def find_claim(environment: dict[str, Any], id_: str) -> dict[str, Any]:
    """Return one claim of an environment."""
    (found,) = (claim for claim in environment["claims"] if claim["id"] == id_)
    return dict(found)


def nodes_of(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object within a schema."""
    if isinstance(schema, dict):
        yield schema
    for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from nodes_of(value)


def test_format_claims_says_by_which_rule_runs_stopped(describe: Describe, tmp_path: Path) -> None:
    """Where the number of runs was fixed from the start there is no rule; else it stands with the verdict."""
    rules = {EXPERIMENT: StoppingRule(planned=119)}
    plain = describe(range(2), name="plain")
    note_rules(tmp_path / "in-turn", rules, fixed={}, recorded={})
    in_turn = describe(range(2), name="in-turn")

    found = [
        run["stopping"]
        for (result,) in (plain["published"], in_turn["published"])
        for run in result["runs"]
        if run["id"] == EXPERIMENT
    ]

    assert found == [None, {"planned": 119, "first": 20, "enough": 3, "is_fixed": False}]


def test_schema_keeps_the_rules_of_2020_12() -> None:
    """The schema is one of JSON Schema 2020-12, and leaves no object open but those with keys of their own."""
    schema = json.loads(read_schema())

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    objects = [node for node in nodes_of(schema) if node.get("type") == "object"]
    assert len(objects) >= 10
    assert all("additionalProperties" in node for node in objects)
    assert all(node["required"] == list(node["properties"]) for node in objects if "properties" in node)


def test_claims_published_runs_have_numbers_and_verdicts(describe: Describe) -> None:
    """Twenty runs on MNIST give a mean, its intervals and the difference, all in the claim's unit, and a verdict."""
    content = describe(range(20))

    assert content["unpublished"] == []
    (environment,) = content["published"]
    assert (environment["environment"], environment["status"]) == ("linux", "published")
    claim = find_claim(environment, ACCURACY)
    (number,) = claim["numbers"]
    ours = number["ours"]
    assert (number["printed"], number["value"], number["unit"]) == ("0.8899", 0.8899, "fraction")
    assert number["place"] == "outside"
    # Seven runs reach 0.895, seven 0.9, six 0.905: s**2 = (7 * 0.00475**2 + 7 * 0.00025**2 + 6 * 0.00525**2) / 19.
    assert (ours["runs"], ours["mean"], ours["difference"]) == (20, 0.89975, -0.00985)
    assert ours["standard_deviation"] == pytest.approx(0.0041279, abs=1e-6)
    # 2.0930 is the quantile of Student's t with 19 degrees of freedom.
    reach = 2.0930 * 0.0041279 / 20**0.5
    assert ours["mean_interval"] == pytest.approx([0.89975 - reach, 0.89975 + reach], abs=2e-6)
    assert ours["difference_interval"] == pytest.approx([0.8899 - end for end in ours["one_run_interval"][::-1]])
    # The document's is the farthest of 21.
    assert claim["p"] == 0.047619
    assert claim["runs"] == 20
    assert environment["outcome"]["tf1-notebook"]["not run"] > 0


@pytest.mark.parametrize(
    ("name", "dataset", "status"),
    [("local", "mnist", "local"), ("local-digits", "digits", "stand-in"), ("linux", "digits", "stand-in")],
    ids=["a user's own", "a user's stand-in", "a stand-in of another name"],
)
def test_claims_unpublished_runs_stand_apart(describe: Describe, name: str, dataset: str, status: str) -> None:
    """A user's own runs and those on the stand-in are no entry of what is published, and say what they are."""
    content = describe(range(2), name=name, dataset=dataset)

    assert content["published"] == []
    assert [entry["status"] for entry in content["unpublished"]] == [status]


def test_claims_stand_in_has_neither_verdict_nor_number(describe: Describe) -> None:
    """Of twenty runs on the stand-in no verdict, no p-value and no mean is given."""
    (environment,) = describe(range(20), dataset="digits")["unpublished"]

    assert {claim["verdict"] for claim in environment["claims"]} == {"not run"}
    assert {(claim["p"], claim["runs"], claim["certainty"] is None) for claim in environment["claims"]} == {
        (None, 0, True)
    }
    assert {number["ours"] is None for claim in environment["claims"] for number in claim["numbers"]} == {True}
    (experiment,) = (entry for entry in environment["experiments"] if entry["id"] == EXPERIMENT)
    assert (experiment["dataset"], experiment["runs"]) == ("digits", 20)


def test_claims_single_run_has_no_spread(describe: Describe) -> None:
    """What a single run cannot tell is null, and not 0."""
    (environment,) = describe(range(1))["published"]

    ours = find_claim(environment, ACCURACY)["numbers"][0]["ours"]
    assert (ours["mean"], ours["difference"]) == (0.895, -0.0051)
    unknown = ("mean_interval", "standard_deviation", "one_run_interval", "difference_interval")
    assert [ours[key] for key in unknown] == [None] * 4


def test_claims_no_completed_run_is_described(describe: Describe) -> None:
    """Where every run diverged, the claims are listed, not run, and no number of ours is there."""
    (environment,) = describe(range(3), change=make_unfinished)["published"]

    claim = find_claim(environment, ACCURACY)
    assert (claim["verdict"], claim["runs"], claim["numbers"][0]["ours"]) == ("not run", 0, None)
    (experiment,) = (entry for entry in environment["experiments"] if entry["id"] == EXPERIMENT)
    assert (experiment["runs"], experiment["completed"]) == (3, 0)


def test_claims_every_reported_number_is_there_with_its_place(describe: Describe) -> None:
    """Each number of the documents stands there once as a claim, with document, line, printed text, value and unit."""
    (environment,) = describe(range(2))["published"]

    claims = [claim for document in load_catalogue().documents.values() for claim in document.claims]
    expected = {(c.document, c.id, c.line, c.printed, c.value, c.unit) for c in claims}
    found = [
        (entry["document"], *(number[key] for key in ("id", "line", "printed", "value", "unit")))
        for entry in environment["claims"]
        if entry["kind"] == "claim"
        for number in entry["numbers"]
    ]
    assert len(found) == len(claims)
    assert set(found) == expected
    compared = [entry for entry in environment["claims"] if entry["kind"] == "comparison"]
    assert all([number["line"] for number in entry["numbers"]] == entry["lines"] for entry in compared)


def test_claims_count_has_its_number_of_images(describe: Describe) -> None:
    """A count and ours are in images, and beside them stands how many there are; other numbers are of none."""
    document = load_catalogue().documents["tf1-notebook"]
    claims = [replace(c, printed="8899 / 10000", unit="images") if c.id == ACCURACY else c for c in document.claims]
    counted = replace(document, claims=tuple(claims))

    (environment,) = describe(range(2), documents={document.id: counted})["published"]

    (number,) = find_claim(environment, ACCURACY)["numbers"]
    assert (number["value"], number["unit"], number["of"], number["half_unit"]) == (8899, "images", 10_000, 0.5)
    assert number["ours"]["mean"] == pytest.approx(8975, abs=50)
    assert all(other["of"] is None for other in find_claim(environment, f"{EXPERIMENT}.validation-loss")["numbers"])


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda content: content.pop("version"), id="no version"),
        pytest.param(lambda content: content.update(version=2), id="another version"),
        pytest.param(lambda content: content["unpublished"].extend(content["published"]), id="as no result"),
        pytest.param(lambda content: content["published"][0].update(status="local"), id="local as published"),
        pytest.param(lambda content: content["published"][0]["claims"][0].update(verdict="fine"), id="no verdict"),
        pytest.param(lambda content: content["published"][0]["claims"][0].update(p=0), id="p of 0"),
        pytest.param(lambda content: content["published"][0]["claims"][0].update(more=1), id="unknown key"),
        pytest.param(
            lambda content: content["published"][0]["claims"][0]["numbers"][0].pop("printed"), id="nothing printed"
        ),
        pytest.param(lambda content: content["published"][0]["outcome"]["julia-blog"].pop("not run"), id="no count"),
    ],
)
def test_schema_refuses_what_is_not_of_its_form(describe: Describe, spoil: Callable[[dict[str, Any]], object]) -> None:
    """One change that breaks the form is found."""
    content = describe(range(2))
    spoil(content)

    with pytest.raises(jsonschema.ValidationError):
        validate(content)


def test_claims_each_experiment_tells_what_it_was_made_with(
    protocols: dict[str, Protocol], environment: Environment, tmp_path: Path
) -> None:
    """Where experiments were made in several ways, each has its own; the environment's is that of the newest run."""
    later = replace(environment, tensorflow="2.20.0")
    runs = [
        make_run(protocols[EXPERIMENT], seed=0, environment=environment, started="2025-01-01T00:00:00+00:00"),
        make_run(protocols["julia-linear-lr0.02"], seed=0, environment=later, started="2025-02-01T00:00:00+00:00"),
    ]
    documents = load_catalogue().documents
    store = write_store(tmp_path / "linux", runs)
    result = summarize_environment(store, documents=documents, protocols=protocols, alternatives=(), labels={})

    content = json.loads(format_claims([result], documents=documents))

    validate(content)
    (entry,) = content["published"]
    made = {experiment["id"]: experiment["made_with"] for experiment in entry["experiments"] if experiment["runs"]}
    assert {name: each["tensorflow"] for name, each in made.items()} == {
        "julia-linear-lr0.02": "2.20.0",
        EXPERIMENT: "2.19.1",
    }
    assert entry["made_with"] == made["julia-linear-lr0.02"]
    assert all(experiment["made_with"] is None for experiment in entry["experiments"] if not experiment["runs"])
