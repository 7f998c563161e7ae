"""Files of claims that are broken by chance: each is loaded or refused with its name, and none breaks a judgement."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fuzzed_inputs import changed_bytes, changed_trees, write_toml
from hypothesis import HealthCheck, given, settings
from made_up_runs import make_run

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import Document, load_document
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.verdicts.document import judge_document
from mnist_repro.verdicts.measured import Measurements, assess_claims

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXAMPLES = settings(max_examples=300, suppress_health_check=list(HealthCheck))
PROTOCOLS = load_catalogue().protocols
SOURCES = sorted((Path(__file__).parents[2] / "mnist_repro" / "atlas").glob("*/claims.toml"))
CONTENT = SOURCES[0].read_bytes()
TREE = tomllib.loads(CONTENT.decode())
ENVIRONMENT = Environment(
    **dict.fromkeys(("python", "tensorflow", "keras", "numpy", "scipy", "scikit_learn", "system", "processor"), "1"),
    threads=1,
    flags={},
    commit="unknown",
    dirty=None,
)
RECORDS = [
    make_run(protocol, seed=seed, environment=ENVIRONMENT) for protocol in PROTOCOLS.values() for seed in range(20)
]


def load(content: bytes) -> Document | str:
    """Return the document of a file of claims, or in which words it is refused."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "claims.toml"
        file.write_bytes(content)
        try:
            return load_document(Path(folder))
        except ReproError as error:
            message = str(error)
            assert str(file) in message
            return message


def judge(document: Document) -> None:
    """Judge a document by twenty runs of each experiment, as a report does."""
    try:
        found = judge_document(
            document, measured=Measurements(RECORDS), protocols=PROTOCOLS, labels={}, alternatives=(), causes=()
        )
        assess_claims(document.claims, measured=Measurements(RECORDS))
    except ReproError as error:
        reported = (*document.claims, *document.comparisons, *document.statements)
        assert any(entry.id in str(error) for entry in reported)  # noqa: PT017 - not every document is refused
        return
    families = {claim.family for claim in document.claims}
    assert {finding.family for finding in found.findings} >= families


def test_load_written_tree_is_the_document() -> None:
    """What these tests write without a change is the document itself."""
    assert load(write_toml(TREE).encode()) == load(CONTENT) != ""
    assert not isinstance(load(CONTENT), str)


@pytest.mark.parametrize("length", range(0, len(CONTENT), 997))
def test_load_cut_file_is_loaded_or_refused(length: int) -> None:
    """Cut anywhere, a file is never anything but a document or an error that names it."""
    load(CONTENT[:length])


@pytest.mark.parametrize(
    ("place", "written", "rule"),
    [
        pytest.param("title", r'"\ud800"', "valid TOML", id="half a character"),
        pytest.param("title", "[" * 20_000, "nested too deeply", id="very deep"),
        pytest.param("pattern", "'a{99999999999}'", "regular expression", id="repeated too often"),
        pytest.param("pattern", f"'{'(' * 20_000}{')' * 20_000}'", "regular expression", id="deep pattern"),
        pytest.param("printed", '"1e-99999999"', "finite number", id="hundred million decimals"),
        pytest.param("printed", f'"{"9" * 400}"', "finite number", id="too large"),
        pytest.param("line", "true", "a whole number from 1", id="boolean line"),
        pytest.param("file", '"x"\nfile = "x"', "valid TOML", id="key twice"),
        pytest.param("file", '"x"\nunknown = 1', "unknown key unknown", id="unknown key"),
    ],
)
def test_load_hostile_value_is_refused_by_its_rule(place: str, written: str, rule: str) -> None:
    """What could overflow, recurse without end or fill the memory is refused with the rule that it breaks."""
    value = re.compile(rf"""(?<=\b{place} = )("[^"]*"|'[^']*'|\d+)""")
    text, changes = value.subn(lambda _: written, CONTENT.decode(), count=1)
    assert changes == 1

    found = load(text.encode())

    assert isinstance(found, str)
    assert rule in found


@given(content=changed_bytes(CONTENT))
@EXAMPLES
def test_load_changed_bytes_are_judged_or_refused(content: bytes) -> None:
    """Whatever bytes change, the file is a document that can be judged, or refused by its name."""
    document = load(content)
    if not isinstance(document, str):
        judge(document)


@given(tree=changed_trees(TREE))
@EXAMPLES
def test_load_changed_values_are_judged_or_refused(tree: Any) -> None:
    """Whatever values change, the file is a document that can be judged, or refused by its name."""
    document = load(write_toml(tree).encode("utf-8", "surrogatepass"))
    if not isinstance(document, str):
        judge(document)


def test_load_documents_of_the_package_are_judged() -> None:
    """The documents of this package get a verdict on each claim."""
    for document in load_catalogue().documents.values():
        judge(document)
