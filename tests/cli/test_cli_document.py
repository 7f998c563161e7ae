"""`document fetch` says where a text lies; what cannot be fetched is one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import Call
from small_documents import TINY

from mnist_repro.cli import document


def test_document_fetch_says_where_the_text_lies(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is in the cache is not asked for again, and the verb that checks its claims is named."""
    monkeypatch.setattr(document, "text_cache", lambda: tmp_path)
    shutil.copy(TINY / "tiny.txt", tmp_path)

    ended = call("document", "fetch", "tiny", "--document", TINY)

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        f"tiny: already there: {tmp_path / 'tiny.txt'}. `mnist-repro list tiny` holds its claims against it.\n"
    )


@pytest.mark.parametrize(
    ("id_", "said"),
    [
        pytest.param(
            "tf1-notebook", "A text is fetched from its url in claims.toml, and tf1-notebook has none.", id="no url"
        ),
        pytest.param("nothing", "Unknown document: nothing. Known: julia-blog, ", id="unknown"),
    ],
)
def test_document_fetch_refusal_is_one_line(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, id_: str, said: str
) -> None:
    """What has no address, or is no document, is told without a download."""
    monkeypatch.setattr(document, "text_cache", lambda: tmp_path)

    ended = call("document", "fetch", id_)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"mnist-repro: {said}")
    assert ended.err.count("\n") == 1
