"""A document gets a verdict on all that it reports: claims, comparisons and statements."""

from __future__ import annotations

from made_up_runs import make_run

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.records.environment import Environment
from mnist_repro.verdicts.document import judge_document
from mnist_repro.verdicts.finding import Verdict
from mnist_repro.verdicts.measured import Measurements


def test_judge_document_gives_one_finding_for_all_that_it_reports(protocols: dict[str, Protocol]) -> None:
    """Families, comparisons and statements come in this order, each once."""
    for document in load_catalogue().documents.values():
        judged = judge_document(
            document, measured=Measurements([]), protocols=protocols, labels={}, alternatives=(), causes=()
        )

        expected = [
            *dict.fromkeys(claim.family for claim in document.claims),
            *(comparison.id for comparison in document.comparisons),
            *(statement.id for statement in document.statements),
        ]
        assert [finding.family for finding in judged.findings] == expected
        assert {finding.verdict for finding in judged.findings} == {Verdict.NOT_RUN}


def test_judge_document_labels_and_runs_decide_its_claims(
    protocols: dict[str, Protocol], environment: Environment
) -> None:
    """A document's labels are held against those of the images, its other claims and its statements against runs."""
    documents = load_catalogue().documents
    runs = [
        make_run(protocol, seed=seed, environment=environment)
        for name, protocol in protocols.items()
        for seed in range(19)
        if name.startswith("tf1-")
    ]

    of_post = judge_document(
        documents["julia-blog"],
        measured=Measurements([]),
        protocols=protocols,
        labels={72: 7},
        alternatives=(),
        causes=(),
    )
    of_notebook = judge_document(
        documents["tf1-notebook"],
        measured=Measurements(runs),
        protocols=protocols,
        labels={},
        alternatives=(),
        causes=(),
    )

    decided = [finding.family for finding in of_post.findings if finding.verdict is not Verdict.NOT_RUN]
    assert decided == ["julia-example-72.label"]
    assert {finding.runs for finding in of_notebook.findings} == {19}
    assert Verdict.NOT_RUN not in {finding.verdict for finding in of_notebook.findings}
