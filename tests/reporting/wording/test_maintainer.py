"""What a document's maintainer is told: what holds, what does not, and how to mend it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_verdicts import judge_made_up

from mnist_repro.documents.document import Document
from mnist_repro.reporting.wording.atlas import list_atlas_rows
from mnist_repro.reporting.wording.maintainer import Passage, list_findings, list_mends, select_document
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Basis, Verdict


@pytest.fixture(scope="module")
def judged() -> tuple[dict[str, Document], EnvironmentResult]:
    """Return the documents and the verdicts on made-up records, with misses of every kind."""
    return judge_made_up()


@pytest.fixture(scope="module")
def post(judged: tuple[dict[str, Document], EnvironmentResult]) -> EnvironmentResult:
    """Return the part about the Julia post, of which one run is explained, one missed and one not run."""
    documents, result = judged
    return select_document(result, documents["julia-blog"])


def test_select_document_parts_are_the_whole(judged: tuple[dict[str, Document], EnvironmentResult]) -> None:
    """Each run, claim and record is in the part of one document."""
    documents, result = judged
    parts = [select_document(result, each) for each in documents.values()]

    for field in ("runs", "experiments", "compared", "stated", "causes", "records"):
        assert [each for part in parts for each in getattr(part, field)] == list(getattr(result, field)), field
    assert {each.id for part in parts for each in part.families} == {each.id for each in result.families}


def test_list_findings_each_stands_once_by_what_came_of_it(post: EnvironmentResult) -> None:
    """All runs, and all that is judged beside them, stand in one of three lists; facts in none."""
    found = list_findings(post)

    beside = [each for each in post.judged if each.finding.basis is Basis.ITSELF]
    assert sum(map(len, found.values())) == len(post.runs) + len(beside)
    assert found["What holds"] == [
        Passage(
            verdict=Verdict.REPRODUCED,
            about="line 341: julia-linear-lr0.003, validation accuracy (stated): 0.9",
            word="reproduced",
            reason="kept by 100 % (at least 97.0 %) of our 120 runs",
        )
    ]
    assert [passage.about for passage in found["What does not hold"][:2]] == [
        "julia-linear-lr0.003, line 367",
        "julia-mlp-100x100, lines 532 to 540, 543",
    ]
    assert found["What does not hold"][1].reason == (
        "the document is the most extreme of 121 (120 runs and the document): on average its values lie 8.5 of our "
        "standard deviations from our mean, those of our farthest run 1.4"
    )
    assert found["What is open"][0].about == "julia-linear-lr0.02, lines 319 to 328, 332"


def test_list_mends_says_what_to_change_and_to_what(post: EnvironmentResult) -> None:
    """A miss has its lines, what explains it, and what we get; a contradiction has what refutes it."""
    explained, missed, *_, contradicted = list_mends(post)

    assert explained == (
        "Change line 367, the numbers of julia-linear-lr0.003. Explained on 2025-01-31 by julia-linear-lr0.003+sgd: "
        "Made up. The printed numbers are possible with optimiser: gradient descent in place of Adam (p = 0.95). What "
        "the document describes gives validation accuracy 93.34 % (93.26 to 93.43 %); 95 % of runs give 92.46 to "
        "94.23 %. It prints 88.36 %, 11.2 standard deviations below the mean over seeds."
    )
    assert missed.startswith("Change lines 532 to 540, 543, the numbers of julia-mlp-100x100. What the document")
    assert contradicted == (
        "Correct line 556 (The test examples are examples 10001 to 13000): by the code the set called test is test "
        "images 1 to 3,000."
    )


def test_list_mends_promise_that_few_runs_keep_is_to_be_corrected(post: EnvironmentResult) -> None:
    """What does not hold is told how to be mended, a promise too."""
    (promise,) = (each for each in post.families if each.finding.verdict is Verdict.REPRODUCED and "promise" in each.id)
    missed = replace(promise, finding=replace(promise.finding, verdict=Verdict.NOT_REPRODUCED, reason="kept by 0 %"))
    experiments = tuple(
        replace(each, families=tuple(missed if family is promise else family for family in each.families))
        for each in post.experiments
    )

    broken = list_mends(replace(post, experiments=experiments))

    assert {*broken} - {*list_mends(post)} == {
        "Correct line 341 (julia-linear-lr0.003, validation accuracy (stated): 0.9): kept by 0 %."
    }


def test_list_atlas_rows_explain_misses_and_what_is_undecided(
    judged: tuple[dict[str, Document], EnvironmentResult],
) -> None:
    """A row says in few words why, and nothing of what reproduces."""
    documents, result = judged
    rows = list_atlas_rows(result, documents=documents)

    assert {row.run.word: row.why for row in rows} == {
        Verdict.NOT_RUN: "mnist-repro run julia-linear-lr0.02 makes our runs",
        Verdict.EXPLAINED: "Made up.",
        Verdict.NOT_REPRODUCED: "no alternative was run",
        Verdict.DOUBTFUL: "p is 0.10 after adjustment for the document's other runs",
        Verdict.CONSISTENT: "no place could refute it with 30 runs, 59 can",
        Verdict.INCONCLUSIVE: "too few runs: 10 of at least 19; 59 can always refute it",
    }
    assert [row.document.id for row in rows if row.is_first] == list(documents)
