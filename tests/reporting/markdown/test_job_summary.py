"""The summary on a CI's page: what it says, that nothing in it is taken for markup, and that it is never too long."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from made_up_runs import make_run, write_store
from markdown_it import MarkdownIt

from mnist_repro.cli.main import main
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.protocol import Protocol
from mnist_repro.errors import ReproError
from mnist_repro.records.environment import Environment
from mnist_repro.reporting.markdown.job_summary import MOST_BYTES, append_summary, format_summary
from mnist_repro.reporting.wording.numbers import STAND_IN_WARNING
from mnist_repro.verdicts.environment import summarize_environment

EXPERIMENT = "julia-linear-lr0.02"
# Its document promises an accuracy.
PROMISING = "julia-linear-lr0.003"
HOSTILE = "a | b\n\n# `c` <script>alert(1)</script> [d](e.md) </details>"

END = "\n*Cut here: the summary of a step has at most 1 MiB. The pages of the report have the rest.*\n"

Summarize = Callable[..., str]


@pytest.fixture
def summarize(protocols: dict[str, Protocol], environment: Environment, tmp_path: Path) -> Summarize:
    """Return a function that makes twenty runs and summarizes them."""

    def make(name: str = "linux", *, experiment: str = EXPERIMENT, **changes: Any) -> str:
        made = {"environment": environment, **changes}
        store = write_store(tmp_path / name, [make_run(protocols[experiment], seed=s, **made) for s in range(20)])
        documents = load_catalogue().documents
        result = summarize_environment(
            store, documents=documents, protocols=load_catalogue().protocols, alternatives=(), labels={}
        )
        return format_summary([result], documents=documents)

    return make


def test_format_summary_says_what_came_out(summarize: Summarize) -> None:
    """Each document has its outcome, and each claim about what was run a row."""
    text = summarize(accuracy=0.5)

    lines = text.splitlines()
    assert "### linux" in lines
    for document in load_catalogue().documents.values():
        assert any(re.match(rf"- \*\*{re.escape(document.title)}\*\*: .* reported runs?", line) for line in lines)
    (row,) = (line for line in lines if "| validation accuracy |" in line)
    assert "| 83.36 % | 49.96 % (" in row
    assert "stand-in" not in text


def test_format_summary_names_what_did_not_reproduce(summarize: Summarize) -> None:
    """A promise that our runs do not keep stands in the list; one that they keep does not."""
    missed = summarize(experiment=PROMISING, accuracy=0.5).splitlines()
    kept = summarize("other", experiment=PROMISING, accuracy=0.9).splitlines()

    place = missed.index("Not reproduced:")
    line = f"- {PROMISING}.accuracy-promise: kept by 0 % (at most 16.8 %) of our 20 runs"
    assert line in missed[place + 2 :]
    assert line not in kept


@pytest.mark.parametrize(
    ("name", "dataset", "expected"),
    [("local", "mnist", False), ("local-digits", "digits", True)],
    ids=["a user's own", "stand-in"],
)
def test_format_summary_what_is_no_result_says_so(
    summarize: Summarize, name: str, dataset: str, *, expected: bool
) -> None:
    """A user's own runs are called not published, and the stand-in's have its warning."""
    text = summarize(name, dataset=dataset)

    assert f"### {name}, not published" in text.splitlines()
    assert (f"> **{STAND_IN_WARNING}**" in text.splitlines()) == expected


def test_format_summary_hostile_text_stays_text(summarize: Summarize, environment: Environment) -> None:
    """Whatever a processor is called, the page has no markup of it, and its tables keep their columns."""
    text = summarize(environment=replace(environment, processor=HOSTILE))

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert "alert" in text
    assert {token.content.strip() for token in tokens if token.type == "html_block"} == {
        "<details><summary>Every claim about what was run</summary>",
        "</details>",
    }
    inline = [child for token in tokens for child in token.children or []]
    assert not [child for child in inline if child.type in {"link_open", "html_inline", "code_inline"}]


def test_append_summary_keeps_what_is_there(tmp_path: Path) -> None:
    """What an earlier command of the step wrote stays, and the file is made where there is none."""
    file = tmp_path / "summary.md"

    append_summary("one\n", file=file)
    append_summary("two\n", file=file)

    assert file.read_bytes() == b"one\ntwo\n"


SECTIONS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5)).map(
        lambda rows: ["ä" * 40] * rows[0] + ["<details>", *["| a | b |"] * rows[1], "</details>"]
    ),
    max_size=8,
)


@given(sections=SECTIONS, most_bytes=st.integers(0, 2_000), earlier=st.integers(0, 300))
def test_append_summary_is_never_too_long(
    tmp_path_factory: pytest.TempPathFactory, sections: list[list[str]], most_bytes: int, earlier: int
) -> None:
    """The file never has more bytes; what was cut is whole lines, says so at its end, and leaves nothing open."""
    file = tmp_path_factory.getbasetemp() / "cut.md"
    before = b"x" * min(earlier, most_bytes)
    file.write_bytes(before)
    text = "".join(f"{line}\n" for section in sections for line in section)

    append_summary(text, file=file, most_bytes=most_bytes)

    written = file.read_bytes()
    assert len(written) <= most_bytes
    assert written.startswith(before)
    added = written[len(before) :].decode()
    assert added.count("<details>") == added.count("</details>")
    if added not in {text, ""}:
        kept, cut, _ = added.rpartition(END)
        lines = kept.removesuffix("\n</details>\n").splitlines()
        assert cut
        assert lines == text.splitlines()[: len(lines)]


def test_append_summary_long_report_fits_github(tmp_path: Path) -> None:
    """A report of many environments is cut below 1 MiB, with a sentence that says so, and closes what it opened."""
    file = tmp_path / "summary.md"

    append_summary("<details>\n" + "a row of a table that is long\n" * 100_000, file=file)

    text = file.read_text(encoding="utf-8")
    assert MOST_BYTES - 200 < len(text.encode()) <= MOST_BYTES == 1_048_576
    assert text.endswith(
        "\n</details>\n\n*Cut here: the summary of a step has at most 1 MiB. The pages of the report have the rest.*\n"
    )


def test_append_summary_folder_is_refused(tmp_path: Path) -> None:
    """A file that cannot be written is named with the variable that names it."""
    with pytest.raises(ReproError, match=r"GITHUB_STEP_SUMMARY names .* cannot be written"):
        append_summary("one\n", file=tmp_path)


@pytest.mark.usefixtures("few_lines")
@pytest.mark.parametrize("named", [True, False], ids=["where a file is named", "nowhere else"])
def test_report_appends_a_summary(
    protocols: dict[str, Protocol],
    environment: Environment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    named: bool,
) -> None:
    """The command appends once for each report that it writes, and not where it only checks one."""
    write_store(tmp_path / "records" / "linux", [make_run(protocols[EXPERIMENT], seed=0, environment=environment)])
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file) if named else "")
    arguments = ["report", "--publish", "--records", str(tmp_path / "records"), "--output", str(tmp_path / "report")]

    assert main(arguments) == 0
    assert main([*arguments, "--check"]) == 0

    assert file.exists() == named
    if named:
        assert file.read_text(encoding="utf-8").count("## Do the documents' numbers reproduce?") == 1
