"""Claims are loaded as they stand in `claims.toml`, and whatever breaks a rule there is refused in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_repro.claims import METRIC_UNITS, Claim, Document, Remark, load_document, load_documents
from mnist_repro.document_folders import add_document_folders
from mnist_repro.errors import ReproError
from mnist_repro.protocols import load_protocols

SMALL = """\
id = "small"
title = "A small document"
file = "small.txt"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[quantity.loss]
metric = "loss"
unit = "nat"
evaluation_set = "validation"

[quantity.error]
metric = "error"
unit = "percent"

[quantity.time]
metric = "total_seconds"
unit = "seconds"

[[group]]
experiment = "small-net"
cell = "In [1]"
claims.loss = [
    { period = 1, line = 11, printed = "0.50" },
    { period = 2, line = 12, printed = "0.25" },
]
claims.error = [{ line = 13, printed = "0.1", unit = "fraction", printed_unit = "percent", note = "odd" }]
claims.time = [{ line = 14, printed = "01:07" }]

[[group]]
about = "small-example"
cell = "Out[2]"
claims.loss = [{ cell = "Out[3]", line = 15, printed = "7" }]

[output]
regions = [{ cell = "In [1]", first_line = 11, last_line = 14 }]
not_claims = [{ pattern = '^Epoch \\d+', reason = "Number of the period." }]
"""


def _write(folder: Path, text: str = SMALL) -> Path:
    """Write `text` as the `claims.toml` of the document in `folder`, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    return folder


def _message(folder: Path) -> str:
    """Return the words in which the document in `folder` is refused."""
    with pytest.raises(ReproError) as caught:
        load_document(folder)
    return str(caught.value)


def _claim(printed: str, *, metric: str = "loss", unit: str = "nat") -> Claim:
    return Claim(
        id="small.claim",
        document="small",
        experiment=None,
        cell="In [1]",
        line=1,
        printed=printed,
        metric=metric,
        unit=unit,
    )


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """Load the documents of the package."""
    return load_documents()


@pytest.fixture(scope="module")
def claims(documents: dict[str, Document]) -> dict[str, Claim]:
    """Give the claims of all documents of the package by id."""
    return {claim.id: claim for document in documents.values() for claim in document.claims}


@pytest.mark.parametrize(
    ("printed", "unit", "value", "decimals", "half_unit"),
    [
        pytest.param("0.766", "fraction", 0.766, 3, 0.0005, id="three decimals"),
        pytest.param("0.8", "fraction", 0.8, 1, 0.05, id="one decimal"),
        pytest.param("4.50", "seconds", 4.5, 2, 0.005, id="trailing zero"),
        pytest.param("10.879999999999999", "percent", 10.879999999999999, 15, 5e-16, id="float in full"),
        pytest.param("7", "1", 7.0, 0, 0.5, id="whole number"),
        pytest.param("-1.5", "1", -1.5, 1, 0.05, id="negative"),
        pytest.param("2.5e-05", "1", 2.5e-05, 6, 5e-07, id="small exponent"),
        pytest.param("1e3", "1", 1000.0, 0, 500.0, id="large exponent"),
        pytest.param("00:44", "seconds", 44.0, 0, 0.5, id="seconds of a clock"),
        pytest.param("01:07", "seconds", 67.0, 0, 0.5, id="minutes and seconds"),
        pytest.param("1:00:05", "seconds", 3605.0, 0, 0.5, id="hours, minutes and seconds"),
    ],
)
def test_claim_printed_number_gives_value_and_rounding(
    *, printed: str, unit: str, value: float, decimals: int, half_unit: float
) -> None:
    """Value, decimals and half a unit of the last digit follow from the printed text."""
    claim = _claim(printed, unit=unit)

    assert (value, decimals, half_unit) == (claim.value, claim.decimals, claim.half_unit)


@pytest.mark.parametrize(("unit", "expected"), [("percent", 0.9), ("fraction", 90.0), ("nat", 90.0)])
def test_claim_fraction_is_a_hundredth_of_a_percentage_alone(unit: str, expected: float) -> None:
    """What figures show of a percentage is a fraction; other numbers are as they are printed."""
    assert _claim("90", unit=unit).fraction == expected


@pytest.mark.parametrize(
    ("printed", "unit"),
    [
        pytest.param("01:07", "nat", id="clock that is no time"),
        pytest.param("01:67", "seconds", id="clock with 67 seconds"),
        pytest.param("nan", "nat", id="not a number"),
        pytest.param("inf", "nat", id="infinite"),
        pytest.param("1e999", "nat", id="too large for a float"),
        pytest.param("1_000", "nat", id="underscore"),
        pytest.param("٣", "nat", id="digit of another script"),
        pytest.param(" 0.5", "nat", id="space"),
        pytest.param("0.5 nat", "nat", id="with its unit"),
        pytest.param("1" * 400 + ":00:00", "seconds", id="endless hours"),
    ],
)
def test_claim_printed_text_without_number_raises(*, printed: str, unit: str) -> None:
    """What is no finite number has no value, and the error quotes it."""
    with pytest.raises(ValueError, match="no finite number") as caught:
        _ = _claim(printed, unit=unit).value

    assert repr(printed) in str(caught.value)


def test_claim_of_each_metric_knows_whether_a_run_produced_it() -> None:
    """Losses, accuracies, errors, rates and times are of a run; labels, promises and targets are not."""
    of_run = {metric for metric, units in METRIC_UNITS.items() if _claim("1", metric=metric, unit=units[0]).is_of_run}

    assert {"label", "accuracy_promise", "accuracy_target"} == METRIC_UNITS.keys() - of_run


def test_load_document_small_file_gives_all_it_says(tmp_path: Path) -> None:
    """Document, output and patterns come back as they were written; what is not given is None."""
    document = load_document(_write(tmp_path))

    assert (
        document.id,
        document.title,
        document.file,
        document.sha256,
        document.url,
    ) == ("small", "A small document", "small.txt", "0" * 64, None)
    assert [(out.cell, out.first_line, out.last_line) for out in document.outputs] == [("In [1]", 11, 14)]
    assert [line for line in range(20) if line in document.outputs[0]] == [11, 12, 13, 14]
    assert [(pattern.pattern, pattern.reason) for pattern in document.not_claims] == [
        (r"^Epoch \d+", "Number of the period.")
    ]


@pytest.mark.parametrize("name", ["small.txt", ".small", "a small one.txt", "X"])
def test_load_document_file_may_have_any_name_without_folder(tmp_path: Path, name: str) -> None:
    """Names with spaces, or a point in front, or of one letter, are names of files."""
    assert load_document(_write(tmp_path, SMALL.replace("small.txt", name))).file == name


def test_load_document_address_and_remarks_come_back(tmp_path: Path) -> None:
    """Where a document was published, and where it is at odds with itself, is given as it was written."""
    added = (
        'url = "https://example.org/small"\nremarks = [{ line = 3, text = "Odd." }, { line = 5, text = "Odder." }]\n'
    )

    document = load_document(_write(tmp_path, added + SMALL))

    assert document.url == "https://example.org/small"
    assert document.remarks == (Remark(line=3, text="Odd."), Remark(line=5, text="Odder."))


def test_load_document_broken_remark_is_named_by_its_place(tmp_path: Path) -> None:
    """Of two remarks the error names the one that lacks its line."""
    added = 'remarks = [{ line = 3, text = "Odd." }, { text = "Odder." }]\n'

    assert _message(_write(tmp_path, added + SMALL)) == (
        f"{tmp_path / 'claims.toml'}, remarks, entry 2: needs line. Received: text. Add what is missing."
    )


def test_load_document_output_of_one_line_is_a_region(tmp_path: Path) -> None:
    """A region may begin and end with the same line."""
    (region,) = load_document(_write(tmp_path, SMALL.replace("last_line = 14", "last_line = 11"))).outputs

    assert [line for line in range(20) if line in region] == [11]


def test_load_document_groups_expand_to_complete_claims(tmp_path: Path) -> None:
    """A claim has what its quantity, its group and its entry say, and the entry has the last word."""
    first, second, error, time, other = load_document(_write(tmp_path)).claims

    assert first == Claim(
        id="small-net.loss.1",
        document="small",
        experiment="small-net",
        cell="In [1]",
        line=11,
        printed="0.50",
        metric="loss",
        unit="nat",
        period=1,
        evaluation_set="validation",
    )
    assert second == replace(first, id="small-net.loss.2", line=12, printed="0.25", period=2)
    assert (
        error.id,
        error.unit,
        error.printed_unit,
        error.note,
        error.period,
    ) == ("small-net.error", "fraction", "percent", "odd", None)
    assert time.value == 67.0
    assert (other.id, other.experiment, other.cell) == ("small-example.loss", None, "Out[3]")


@pytest.mark.parametrize(
    ("old", "new", "place", "rule"),
    [
        pytest.param('id = "small"\n', "", "claims.toml:", "needs id", id="document without id"),
        pytest.param('id = "small"', 'id = "Small"', "claims.toml:", "lower-case", id="document id in capitals"),
        pytest.param('title = "A', 'titel = "A', "claims.toml:", "unknown key titel", id="misspelt key"),
        pytest.param('"A small document"', '" "', "claims.toml:", "title must be text", id="empty title"),
        *(
            pytest.param('"small.txt"', f"'{name}'", "claims.toml:", "file must be the name of a file", id=words)
            for name, words in (
                ("../small.txt", "file in the folder above"),
                ("/etc/passwd", "file anywhere"),
                ("texts/small.txt", "file in another folder"),
                ("..", "folder above"),
                (r"..\small.txt", "file in the folder above, Windows"),
                ("c:small.txt", "file on another drive"),
                (" ", "no file"),
                ("...", "nothing but points"),
            )
        ),
        pytest.param('"small.txt"', r'"small\u0001.txt"', "claims.toml:", "without a folder", id="file with a control"),
        pytest.param("000000000", "xyz", "claims.toml:", "64 lower-case hexadecimal", id="sha256 of other digits"),
        pytest.param(
            '[quantity.time]\nmetric = "total_seconds"',
            "[quantity.time]",
            "quantity.time",
            "needs metric",
            id="quantity without metric",
        ),
        pytest.param('"total_seconds"', '"duration"', "quantity.time", "one of loss, accuracy", id="unknown metric"),
        pytest.param('unit = "nat"', 'unit = "bit"', "quantity.loss", "one of 1, fraction", id="unknown unit"),
        pytest.param(
            'unit = "nat"',
            'unit = "seconds"',
            "quantity.loss",
            "unit of loss must be one of nat",
            id="unit of another metric",
        ),
        pytest.param(
            'experiment = "small-net"\n',
            "",
            "group 1:",
            "either experiment or about",
            id="group about nothing",
        ),
        pytest.param(
            'about = "small-example"',
            'about = "a"\nexperiment = "b"',
            "group 2:",
            "either experiment or about",
            id="group about two things",
        ),
        pytest.param('cell = "In [1]"\n', "", "group 1:", "needs cell", id="group without cell"),
        pytest.param(
            "claims.time =",
            "claims.tyme =",
            "group 1 (small-net), claims.tyme",
            "unknown quantity",
            id="undeclared quantity",
        ),
        pytest.param(
            'claims.time = [{ line = 14, printed = "01:07" }]',
            "claims.time = 67",
            "group 1 (small-net), claims.time",
            "an array",
            id="number instead of entries",
        ),
        pytest.param(
            'claims.time = [{ line = 14, printed = "01:07" }]',
            "claims.time = []",
            "group 1 (small-net), claims.time",
            "not empty",
            id="no entries",
        ),
        pytest.param(
            '{ line = 14, printed = "01:07" }',
            "67",
            "claims.time, entry 1",
            "a table",
            id="number instead of an entry",
        ),
        pytest.param(
            "period = 2, ",
            "perod = 2, ",
            "claims.loss, entry 2",
            "unknown key perod",
            id="misspelt key of a claim",
        ),
        pytest.param("line = 12, ", "", "claims.loss, entry 2", "needs line", id="claim without line"),
        pytest.param(
            "line = 12",
            "line = true",
            "claims.loss, entry 2",
            "line must be a whole number",
            id="boolean line",
        ),
        pytest.param(
            "line = 12",
            "line = 12.0",
            "claims.loss, entry 2",
            "line must be a whole number",
            id="decimal line",
        ),
        pytest.param(
            "line = 12",
            "line = 0",
            "claims.loss, entry 2",
            "line must be a whole number from 1",
            id="line zero",
        ),
        pytest.param(
            "period = 2",
            "period = 0",
            "claims.loss, entry 2",
            "period must be a whole number from 1",
            id="period zero",
        ),
        pytest.param('"0.25"', "0.25", "claims.loss, entry 2", "printed must be text", id="number without quotes"),
        pytest.param('"0.25"', '"a quarter"', "claims.loss, entry 2", "finite number", id="words instead of a number"),
        pytest.param('"0.25"', '"nan"', "claims.loss, entry 2", "finite number", id="not finite"),
        pytest.param('"0.25"', '"01:07"', "claims.loss, entry 2", "finite number", id="clock in a loss"),
        pytest.param(
            'printed_unit = "percent"',
            'printed_unit = "%"',
            "claims.error, entry 1",
            "printed_unit must be one of",
            id="unknown printed unit",
        ),
        pytest.param(
            'printed_unit = "percent"',
            'printed_unit = "fraction"',
            "claims.error, entry 1",
            "printed_unit stands only",
            id="printed unit that is the true one",
        ),
        pytest.param(
            '"small-net"',
            '"Small net"',
            "(Small net), claims.loss, entry 1",
            "lower-case",
            id="claim id with a space",
        ),
        pytest.param("period = 2", "period = 1", "claims.toml:", "ids are unique", id="period twice"),
        pytest.param(
            "last_line = 14",
            "last_line = 10",
            "output.regions, entry 1",
            "last_line must be at least",
            id="output that ends before it begins",
        ),
        pytest.param(
            "not_claims =", "not_claim =", "claims.toml, output:", "unknown key not_claim", id="misspelt list"
        ),
        pytest.param(
            "first_line = 11",
            "first_line = 0",
            "output.regions, entry 1",
            "first_line must be a whole number",
            id="output from line zero",
        ),
        pytest.param("^Epoch", "(Epoch", "output.not_claims, entry 1", "regular expression", id="broken pattern"),
        pytest.param(
            ', reason = "Number of the period."',
            "",
            "output.not_claims, entry 1",
            "needs reason",
            id="pattern without reason",
        ),
    ],
)
def test_load_document_broken_rule_names_place_rule_and_remedy(
    tmp_path: Path, *, old: str, new: str, place: str, rule: str
) -> None:
    """Each broken rule is refused with the file, the entry, the rule, what was received and what to do."""
    assert old in SMALL

    message = _message(_write(tmp_path, SMALL.replace(old, new, 1)))

    assert message.startswith(str(tmp_path / "claims.toml"))
    assert place in message
    assert rule in message
    assert any(word in message for word in ("Received", "Known"))
    assert any(word in message for word in ("Correct", "Add", "Keep", "Rename"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            'about = "small-example"',
            'about = "a"\nexperiment = "b"',
            ", group 2: needs either experiment or about. Received: about, experiment, cell, claims. "
            "Keep one of the two.",
            id="group about two things",
        ),
        pytest.param(
            "claims.time =",
            "claims.tyme =",
            ", group 1 (small-net), claims.tyme: unknown quantity. Known: loss, error, time. "
            "Correct it, or add a table [quantity.tyme].",
            id="undeclared quantity",
        ),
        pytest.param(
            'unit = "nat"',
            'unit = "seconds"',
            ", quantity.loss: the unit of loss must be one of nat. Received: 'seconds'. Correct it there.",
            id="unit of another metric",
        ),
        pytest.param(
            'unit = "percent"',
            'unit = "1"',
            ", quantity.error: the unit of error must be one of fraction, percent. Received: '1'. Correct it there.",
            id="unit of another metric with two",
        ),
        pytest.param(
            '"0.25"',
            '"a quarter"',
            ", group 1 (small-net), claims.loss, entry 2: printed must be a finite number alone, or minutes:seconds "
            "where the unit is seconds. Received: 'a quarter'. Correct it there.",
            id="words instead of a number",
        ),
        pytest.param(
            'printed_unit = "percent"',
            'printed_unit = "fraction"',
            ", group 1 (small-net), claims.error, entry 1: printed_unit stands only where the document prints another "
            "unit than the true one, unit. Received: 'fraction'. Correct it there.",
            id="printed unit that is the true one",
        ),
        pytest.param(
            "period = 2, ",
            "period = 2, example = 3, ",
            ", group 1 (small-net), claims.loss, entry 2: example, the training image counted from 1, stands with each "
            "label and with nothing else. Received: 'loss'. Correct it there.",
            id="example of a loss",
        ),
        pytest.param(
            "last_line = 14",
            "last_line = 10",
            ", output.regions, entry 1: last_line must be at least first_line, 11. Received: 10. Correct it there.",
            id="output that ends before it begins",
        ),
    ],
)
def test_load_document_broken_rule_has_its_words(tmp_path: Path, *, old: str, new: str, expected: str) -> None:
    """What breaks a rule of claims is told by place, rule, what was received, and what to do, in these words."""
    message = _message(_write(tmp_path, SMALL.replace(old, new, 1)))

    assert message == f"{tmp_path / 'claims.toml'}{expected}"


def test_load_document_invalid_toml_names_file_and_line(tmp_path: Path) -> None:
    """A file that is no TOML is refused with its name and the line."""
    message = _message(_write(tmp_path, SMALL.replace('title = "A', "title = A")))

    assert str(tmp_path / "claims.toml") in message
    assert "line 2" in message


def test_load_document_other_encoding_names_file(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with its name."""
    (tmp_path / "claims.toml").write_bytes('id = "Zürich"'.encode("latin-1"))

    message = _message(tmp_path)

    assert str(tmp_path / "claims.toml") in message
    assert "UTF-8" in message


def test_load_document_missing_file_says_what_to_write(tmp_path: Path) -> None:
    """A folder without claims.toml is refused with the path of the file to write."""
    message = _message(tmp_path)

    assert str(tmp_path / "claims.toml") in message
    assert "Write the file" in message


def test_load_documents_those_added_come_last_and_in_their_order(tmp_path: Path) -> None:
    """The package's own documents come in the order of their names, the others as they are named."""
    folders = [_write(tmp_path / "b"), _write(tmp_path / "a", SMALL.replace('"small', '"tiny'))]

    with add_document_folders(folders):
        assert list(load_documents()) == ["julia-blog", "tf1-notebook", "small", "tiny"]
    assert list(load_documents()) == ["julia-blog", "tf1-notebook"]


@pytest.mark.parametrize(
    ("old", "new", "what", "twice"),
    [
        pytest.param('"small-', '"tiny-', "documents", "small", id="document"),
        pytest.param(
            'id = "small"', 'id = "tiny"', "claims, comparisons and statements", "small-net.loss.1", id="claim"
        ),
    ],
)
def test_load_documents_same_id_in_two_documents_raises(
    tmp_path: Path, *, old: str, new: str, what: str, twice: str
) -> None:
    """Ids are unique over all documents, and the error names the one that is not."""
    folders = [_write(tmp_path / "a"), _write(tmp_path / "b", SMALL.replace(old, new))]

    with add_document_folders(folders), pytest.raises(ReproError) as caught:
        load_documents()

    assert str(caught.value) == (
        f"Over all documents, ids of {what} are unique. Received: {twice!r}, in {folders[0]} and in {folders[1]}. "
        "Rename or remove one."
    )


@pytest.mark.parametrize(
    ("experiment", "expected"),
    [
        pytest.param(
            "tf1-basic",
            {"loss": 10, "accuracy": 11, "error": 1, "seconds_per_period": 10, "total_seconds": 1},
            id="basic net",
        ),
        *(
            pytest.param(
                experiment,
                {
                    "loss": 10,
                    "accuracy": 11,
                    "error": 1,
                    "learning_rate": 10,
                    "seconds_per_period": 10,
                    "total_seconds": 1,
                },
                id=words,
            )
            for experiment, words in (
                ("tf1-dropout-piecewise", "dropout net, piecewise rate"),
                ("tf1-dropout-exponential", "dropout net, exponential rate"),
            )
        ),
        pytest.param("julia-linear-lr0.02", {"loss": 10, "accuracy": 1}, id="linear model, rate 0.02"),
        pytest.param(
            "julia-linear-lr0.003",
            {"loss": 10, "accuracy": 1, "accuracy_promise": 1},
            id="linear model, rate 0.003",
        ),
        pytest.param("julia-mlp-100x100", {"loss": 10, "accuracy": 2, "accuracy_target": 1}, id="100 x 100 network"),
        pytest.param(None, {"label": 1}, id="no experiment"),
    ],
)
def test_package_claims_of_experiment_are_all_there(
    claims: dict[str, Claim], *, experiment: str | None, expected: dict[str, int]
) -> None:
    """Each experiment has as many claims of each metric as its document prints."""
    found = Counter(claim.metric for claim in claims.values() if claim.experiment == experiment)

    assert found == expected


@pytest.mark.parametrize(
    ("id_", "value", "unit"),
    [
        # Read off the documents by eye.
        pytest.param("tf1-basic.validation-loss.10", 0.42103118, "nat", id="last loss of the basic net"),
        pytest.param("tf1-basic.test-error", 0.1101, "fraction", id="fraction printed as percent"),
        pytest.param("tf1-dropout-piecewise.test-error", 10.879999999999999, "percent", id="true percent"),
        pytest.param("tf1-basic.total-seconds", 44.0, "seconds", id="total of the basic net"),
        pytest.param("tf1-dropout-piecewise.total-seconds", 67.0, "seconds", id="total, piecewise"),
        pytest.param("tf1-dropout-exponential.total-seconds", 66.0, "seconds", id="total, exponential"),
        pytest.param("tf1-dropout-exponential.learning-rate.2", 0.48299998, "1", id="second rate"),
        pytest.param("julia-mlp-100x100.test-accuracy", 0.923, "fraction", id="test accuracy of the network"),
        pytest.param("julia-mlp-100x100.accuracy-target", 0.95, "fraction", id="what the exercise asks for"),
        pytest.param("julia-linear-lr0.003.accuracy-promise", 0.9, "fraction", id="what the text promises"),
        pytest.param("julia-example-72.label", 7.0, "1", id="label of example 72"),
    ],
)
def test_package_claim_has_the_printed_value(claims: dict[str, Claim], *, id_: str, value: float, unit: str) -> None:
    """Numbers that were read off the documents by eye are the claims' values."""
    assert (value, unit) == (claims[id_].value, claims[id_].unit)


def test_package_accuracies_and_errors_lie_between_nothing_and_all(claims: dict[str, Claim]) -> None:
    """Accuracies and errors lie in 0..1 as fractions and in 0..100 as percent."""
    highest = {"fraction": 1.0, "percent": 100.0}
    shares = [claim for claim in claims.values() if claim.unit in highest]

    assert len(shares) == 42
    assert [claim.id for claim in shares if not 0.0 <= claim.value <= highest[claim.unit]] == []


def test_package_claims_fit_the_declared_experiments(claims: dict[str, Claim]) -> None:
    """Experiments, evaluation sets and periods that claims name exist in the protocols."""
    protocols = load_protocols()
    of_experiments = [claim for claim in claims.values() if claim.experiment is not None]

    assert {claim.experiment for claim in of_experiments} == protocols.keys()
    for claim in of_experiments:
        protocol = protocols[claim.experiment or ""]
        sets = {None, *(evaluation_set.name for evaluation_set in protocol.evaluation_sets)}
        assert claim.evaluation_set in sets, claim.id
        assert (claim.period or 1) <= protocol.training.periods, claim.id


def test_package_claims_on_images_name_their_evaluation_set(claims: dict[str, Claim]) -> None:
    """A loss, an accuracy or an error says on which images; a rate, a time or a label does not."""
    on_images = {"loss", "accuracy", "error", "accuracy_promise", "accuracy_target"}

    assert [
        claim.id for claim in claims.values() if (claim.evaluation_set is None) == (claim.metric in on_images)
    ] == []


def test_package_curves_are_complete(claims: dict[str, Claim]) -> None:
    """Every series has each period of its experiment once and in order."""
    protocols = load_protocols()
    series: dict[str, list[int]] = {}
    for claim in claims.values():
        if claim.period is not None:
            series.setdefault(claim.id.rpartition(".")[0], []).append(claim.period)

    assert len(series) == 14
    for name, periods in series.items():
        periods_declared = protocols[name.rpartition(".")[0]].training.periods
        assert periods == list(range(1, periods_declared + 1)), name
