"""A document's text is fetched from its own address alone, and kept only if it is the very text; no test is online."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.request import OpenerDirector

import pytest
from local_server import QuietHandler, serving
from small_documents import TINY

from mnist_repro.documents import fetching
from mnist_repro.documents.document import Document, load_document
from mnist_repro.documents.fetching import fetch_text
from mnist_repro.documents.text import TEXTS_VARIABLE, find_text
from mnist_repro.errors import ReproError

TEXT = b"Test accuracy: 0.9146\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of a folder with a text."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "page.txt").write_bytes(TEXT)
    with serving(partial(QuietHandler, directory=str(folder))) as address:
        yield address


@pytest.fixture
def document(site: str, tmp_path: Path) -> Document:
    """Return a document whose text is at the address, and nowhere else."""
    sha256 = hashlib.sha256(TEXT).hexdigest()
    tiny = load_document(TINY)
    return replace(tiny, folder=tmp_path, url=f"{site}/page.txt", file="small.txt", sha256=sha256)


def test_fetch_text_keeps_the_very_text_once(document: Document, tmp_path: Path) -> None:
    """It lies in the cache under the document's name for it, and is not downloaded again."""
    assert fetch_text(document, cache=tmp_path / "cache") == (tmp_path / "cache" / "small.txt", True)
    assert (tmp_path / "cache" / "small.txt").read_bytes() == TEXT
    assert [file.name for file in (tmp_path / "cache").iterdir()] == ["small.txt"]

    elsewhere = replace(document, url="http://127.0.0.1:1/page.txt")
    assert fetch_text(elsewhere, cache=tmp_path / "cache") == (tmp_path / "cache" / "small.txt", False)


def test_find_text_looks_in_the_cache_last(document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was fetched is found where no text lies nearer."""
    monkeypatch.delenv(TEXTS_VARIABLE, raising=False)
    monkeypatch.setattr("mnist_repro.documents.text.cache_folder", lambda: tmp_path)
    assert find_text(document) is None

    fetched, _ = fetch_text(document, cache=tmp_path / "documents")

    assert find_text(document) == fetched
    (tmp_path / "small.txt").write_bytes(TEXT)
    assert find_text(document) == tmp_path / "small.txt"


@pytest.mark.parametrize(
    ("changes", "most_bytes", "said"),
    [
        pytest.param({"url": None}, 100, "A text is fetched from its url in claims.toml, and tiny has none", id="none"),
        pytest.param({"url": "http://example.org/a"}, 100, "A text is reached by https", id="not https"),
        pytest.param({"url": "http://127.0.0.1:1/a"}, 100, r"No connection \(Connection refused\)", id="no network"),
        pytest.param({"sha256": "0" * 64}, 100, r"Expected the SHA-256 sum 000000000000..., received 22", id="hash"),
        pytest.param({}, 5, "Expected at most 5 bytes, received more", id="size"),
    ],
)
def test_fetch_text_refusal_is_one_line_and_leaves_nothing(
    document: Document,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    changes: dict[str, str],
    most_bytes: int,
    said: str,
) -> None:
    """An address that gives no text, another one, or too much of it is told with its reason."""
    monkeypatch.setattr(fetching, "_MOST_BYTES", most_bytes)

    with pytest.raises(ReproError, match=said) as caught:
        fetch_text(replace(document, **changes), cache=tmp_path / "cache")  # type: ignore[arg-type]

    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_fetch_text_page_of_github_is_asked_for_raw(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around a file GitHub shows a page; what is asked for is the file, and nothing else."""
    asked: list[str] = []

    def refuse(_: OpenerDirector, url: str, **__: object) -> None:
        asked.append(url)
        msg = "no network"
        raise OSError(msg)

    monkeypatch.setattr(OpenerDirector, "open", refuse)
    shown = replace(document, url="https://github.com/owner/name/blob/0123abc/docs/page.md")
    with pytest.raises(ReproError, match="no network"):
        fetch_text(shown, cache=tmp_path)

    assert asked == ["https://raw.githubusercontent.com/owner/name/0123abc/docs/page.md"]
