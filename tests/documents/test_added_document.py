"""A document that no part of the package knows of goes the whole way: listed, planned, run, judged and reported."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest
from installed import needs_tensorflow
from small_documents import TINY, install_tiny

from mnist_repro.cli import studies as verbs
from mnist_repro.cli.main import main
from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.folders import FOLDERS_VARIABLE
from mnist_repro.records import consistency
from mnist_repro.records.store import RecordStore
from mnist_repro.reporting.exports.claims_json import read_schema

pytestmark = needs_tensorflow
EXPERIMENT = "tiny-linear"
# With so many runs either of two tests can be rejected.
RUNS = 39


class Journey(NamedTuple):
    """What each verb printed, and the folder in which they wrote."""

    printed: dict[str, str]
    folder: Path

    def row(self, verb: str, start: str) -> list[str]:
        """Return the words of the line of a verb's output that starts with these."""
        (line,) = (line for line in self.printed[verb].splitlines() if line.strip().startswith(start))
        return line.split()


@pytest.fixture(scope="module", params=["folder", "entry point"])
def journey(
    request: pytest.FixtureRequest, random_images: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Journey]:
    """Take the tiny document through the verbs, on made-up images, added in either way."""
    folder = tmp_path_factory.mktemp("journey")
    by_folder = request.param == "folder"
    records = ("--records", str(folder / "records"))
    arguments = {
        "list": (),
        "plan": ("--profile", "full", *records),
        "run": (EXPERIMENT, "--profile", "full", "--workers", "1", *records),
        "verdicts": records,
        "report": ("--output", str(folder / "report"), *records),
    }
    printed = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verbs, "load_dataset", lambda *_, **__: replace(random_images, name="mnist"))
        patch.setattr(consistency, "MNIST_SHA256", random_images.sha256)
        patch.delenv(FOLDERS_VARIABLE, raising=False)
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        patch.chdir(folder)
        if not by_folder:
            (folder / "site").mkdir()
            install_tiny(folder / "site")
            patch.syspath_prepend(str(folder / "site"))
        for verb, options in arguments.items():
            added = ("--document", str(TINY)) if by_folder else ()
            with redirect_stdout(StringIO()) as output:
                assert main([verb, *options, *added]) == 0
            printed[verb] = output.getvalue()
        assert FOLDERS_VARIABLE not in os.environ
        yield Journey(printed, folder)


def test_added_document_is_listed(journey: Journey) -> None:
    """It stands with its claims, and its experiment with its steps, after those of the package."""
    assert "tiny: A tiny document; 2 numbers, 2 claims" in journey.printed["list"]
    assert journey.row("list", EXPERIMENT)[1:6] == ["2", "3", "20", "39", "20"]


def test_added_document_is_planned(journey: Journey) -> None:
    """The plan tells how many runs its claims take."""
    assert re.search(
        rf"^{EXPERIMENT} +held-out-loss, held-out-accuracy +19 +19 ", journey.printed["plan"], re.MULTILINE
    )


def test_added_document_is_trained_and_recorded(journey: Journey) -> None:
    """Every run completed and is recorded."""
    records = RecordStore(journey.folder / "records" / "local").read()

    assert [record.status for record in records] == ["completed"] * RUNS
    assert {record.experiment for record in records} == {EXPERIMENT}
    assert f"{RUNS} runs planned: {RUNS} trained" in journey.printed["run"]


def test_added_document_is_judged(journey: Journey) -> None:
    """One of its numbers is wrong: that refutes its run, and so all that the run shows."""
    for claim in ("held-out-accuracy", "held-out-loss"):
        assert journey.row("verdicts", f"{EXPERIMENT}.{claim}")[1:3] == ["not", "reproduced"]


def test_added_document_is_reported(journey: Journey) -> None:
    """Its verdicts stand on the front page, its figures on the environment's, and both in `claims.json`."""
    report = journey.folder / "report"
    front, page, html = (
        (report / name).read_text(encoding="utf-8") for name in ("README.md", "local.md", "index.html")
    )
    claims = json.loads((report / "claims.json").read_text(encoding="utf-8"))

    assert "- **A tiny document**: Of 1 reported run none reproduces; 1 is not reproduced." in front
    assert f"![Curves of {EXPERIMENT}](figures/local/{EXPERIMENT}-curves.svg)" in page
    assert "on the document's held-out set after each period" in page
    assert "on the document's held-out set after each period" in html
    jsonschema.validate(claims, json.loads(read_schema()))
    assert "tiny" in json.dumps(claims)
    curves = (report / "figures" / "local" / f"{EXPERIMENT}-curves.svg").read_text(encoding="utf-8")
    assert "held-out loss (nats)" in curves
