"""What a file does not say is asked for, and nothing is judged before it is answered."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from draft_forms import FILES, draft_log
from git_files import make_notebook

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.document import load_document
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.documents.gap import gap
from mnist_repro.documents.text import check_text
from mnist_repro.drafting.draft import draft_file, write_draft
from mnist_repro.errors import ReproError

pytest.importorskip("nbformat")
KERAS = FILES / "keras2_bars.ipynb"


def _answer_all(file: Path) -> dict[str, str]:
    """Return the best guess of each question as its answer."""
    return {question.key: question.guess for question in draft_file(file, answers={}).questions if question.is_needed}


def test_draft_without_answers_loads_as_claims_and_not_as_experiments(tmp_path: Path) -> None:
    """The claims can be read; the experiments name the first question that is open, so no verdict can be given."""
    write_draft(draft_file(KERAS, answers={}), tmp_path)
    assert len(load_document(tmp_path).claims) == 9

    with (
        add_document_folders([tmp_path]),
        pytest.raises(ReproError, match="gap has to be filled: first-period") as error,
    ):
        load_catalogue()

    assert re.search(r"\(line \d+\)", str(error.value))


def test_draft_with_all_answers_is_a_document(tmp_path: Path) -> None:
    """Where the source tells all, the answers are all that is missing: claims and experiments fit together."""
    drafted = draft_file(KERAS, answers=_answer_all(KERAS))
    write_draft(drafted, tmp_path)

    with add_document_folders([tmp_path]):
        protocol = load_catalogue().protocols["keras2-bars-1"]

    assert drafted.gaps == 0
    assert [layer.units for layer in protocol.layers] == [128, 10]
    assert (protocol.training.batch_size, protocol.training.periods, protocol.training.steps_per_period) == (
        100,
        3,
        540,
    )
    assert protocol.gate.minimum == 0.94
    assert "answered" not in drafted.experiments_file


@pytest.mark.parametrize("more", ["", "\n```\nDownloading 10 files\n```\n"], ids=["prints nothing", "prints no result"])
def test_draft_of_a_sentence_alone_is_a_document_with_gaps(more: str, tmp_path: Path) -> None:
    """A README may state its accuracy in prose, and print none: the sentence is the claim, of one run with gaps."""
    (tmp_path / "README.md").write_text(f"Epochs: 3.\n\nThe accuracy is about 92% then.\n{more}", encoding="utf-8")

    drafted = draft_file(tmp_path / "README.md", answers={})
    write_draft(drafted, tmp_path / "mine")

    (claim,) = load_document(tmp_path / "mine").claims
    assert (claim.id, claim.printed, claim.line) == ("readme-1.accuracy-promise", "92", 3)
    assert drafted.gaps > 0
    assert check_text(load_document(tmp_path / "mine"), drafted.content.encode()) == []


def test_draft_without_a_call_of_fit_marks_batches_and_order(tmp_path: Path) -> None:
    """Keras's layers alone say neither how many steps a period has nor in which order: a loop of one's own decides."""
    page = tmp_path / "page.md"
    page.write_text("```python\nbatch_size = 100\nlayers.Dense(10)\n```\n\n```\nTest accuracy: 0.9\n```\n")

    experiments = draft_file(page, answers={}).experiments_file

    assert all(f"{name}=gap(" in experiments for name in ("steps_per_period", "restart_each_period", "order"))
    assert "Keras trains on it" not in experiments


CONVNET = """# A network with a convolution

```python
model = Sequential([
    Conv2D(8, kernel_size=(3, 3), activation="relu", input_shape=(28, 28, 1)),
    MaxPooling2D(pool_size=(2, 2)),
    Flatten(),
    Dense(10, activation="softmax"),
])
model.compile(optimizer=Adam(learning_rate=0.001), loss="categorical_crossentropy")
model.fit(x_train / 255, y_train, epochs=2, batch_size=100)
```

```
Test accuracy: 0.97
```
"""


def test_draft_of_a_convnet_is_a_document_with_its_layers(tmp_path: Path) -> None:
    """A page with a Keras convnet needs nothing but answers: its layers are written as an experiment declares them."""
    page = tmp_path / "page.md"
    page.write_text(CONVNET, encoding="utf-8")
    write_draft(draft_file(page, answers=_answer_all(page)), tmp_path / "mine")

    with add_document_folders([tmp_path / "mine"]):
        protocol = load_catalogue().protocols["page-1"]

    assert [placed.outputs for placed in protocol.network] == [(26, 26, 8), (13, 13, 8), (1352,), (10,)]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("model.add(GlobalAveragePooling2D())\nmodel.add(Dense(10))", id="a layer"),
        pytest.param("model.compile(optimizer='rmsprop', loss='x')", id="an optimiser"),
        pytest.param("model.compile(SGD(lr=0.1), 'mse')", id="a loss"),
        pytest.param("model.compile('adam')\nmodel.fit(x, y, steps_per_epoch=10)", id="steps"),
        pytest.param("optimizer = SGD(lr=schedule)", id="a rate"),
        pytest.param("model.add(Dense(10, activation='selu'))", id="an activation"),
        pytest.param("x = 1", id="nothing"),
    ],
)
def test_draft_marks_a_gap_for_what_it_does_not_read(source: str, tmp_path: Path) -> None:
    """All questions answered, there is still a gap where the source has something else, or nothing."""
    file = tmp_path / "a.ipynb"
    file.write_text(make_notebook((source, "Test accuracy: 0.97\n")))
    drafted = draft_file(file, answers=_answer_all(file))
    write_draft(drafted, tmp_path / "out")

    assert drafted.gaps > 0
    with add_document_folders([tmp_path / "out"]), pytest.raises(ReproError, match="gap has to be filled"):
        load_catalogue()


def test_gap_cannot_be_passed() -> None:
    """A gap has no value."""
    with pytest.raises(ReproError, match="this gap has to be filled: the rate"):
        gap("the rate")


def test_draft_names_are_those_of_the_answers(tmp_path: Path) -> None:
    """Id, title and experiments may be named."""
    drafted = draft_log(tmp_path, "Test accuracy: 0.9\n", id="mine", title='My "log"', **{"run-1": "mine-net"})
    write_draft(drafted, tmp_path / "out")
    document = load_document(tmp_path / "out")

    assert (document.id, document.title, document.claims[0].id) == ("mine", 'My "log"', "mine-net.test-accuracy")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        pytest.param("colour", "red", "Keys: id, title", id="an unknown question"),
        pytest.param("images.test", "test", "train:FIRST-STOP or test:FIRST-STOP", id="no range"),
        pytest.param("images.test", "test:0-10001", "train:FIRST-STOP", id="more images than there are"),
        pytest.param("images.test", "test:5-5", "train:FIRST-STOP", id="no image"),
        pytest.param("id", "No id", "lower-case letters", id="no id"),
        pytest.param("set.score", "holdout", "one of validation, test, training", id="no set"),
    ],
)
def test_draft_wrong_answer_names_the_rule(key: str, value: str, words: str, tmp_path: Path) -> None:
    """An answer that fits no question, or is none of those that are possible, is refused."""
    (tmp_path / "a.log").write_text("Score: 0.9\n")

    with pytest.raises(ReproError, match=words) as error:
        draft_file(tmp_path / "a.log", answers={key: value})

    assert repr(value if key != "colour" else key) in str(error.value)


def test_write_draft_again_replaces_a_draft_and_nothing_else(tmp_path: Path) -> None:
    """A draft is drafted over; a file that was changed by hand since is not."""
    drafted = draft_log(tmp_path, "Test accuracy: 0.9\n")
    write_draft(drafted, tmp_path / "out")
    write_draft(drafted, tmp_path / "out")
    experiments = tmp_path / "out" / "experiments.py"
    experiments.write_text(experiments.read_text() + "# By hand.\n")

    with pytest.raises(ReproError, match=r"changed by hand. Received: .*experiments\.py"):
        write_draft(drafted, tmp_path / "out")


def test_write_draft_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    """A file is no folder."""
    drafted = draft_log(tmp_path, "Test accuracy: 0.9\n")

    with pytest.raises(ReproError, match="--output names a folder"):
        write_draft(drafted, tmp_path / "a.log")


def test_write_draft_that_does_not_load_is_a_mistake_that_is_seen(tmp_path: Path) -> None:
    """What was written is read again: a draft that breaks a rule is not left unnoticed."""
    drafted = draft_log(tmp_path, "Test accuracy: 0.9\n")

    with pytest.raises(ReproError, match="sha256"):
        write_draft(
            replace(drafted, claims_file=drafted.claims_file.replace('sha256 = "', 'sha256 = "x')), tmp_path / "o"
        )
