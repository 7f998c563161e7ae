"""A document's text, brought from its address to the user's own cache: that one file, if it is the very one."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from pathlib import Path

from mnist_repro.datasets.idx import BrokenFileError
from mnist_repro.datasets.transfer import FAILURES, describe_failure, open_transfer, require_https
from mnist_repro.documents.document import Document
from mnist_repro.documents.text import TEXTS_VARIABLE
from mnist_repro.errors import ReproError

# Of a text; notebooks with pictures have some.
_MOST_BYTES = 32 << 20
# Around a file GitHub shows a page; the file itself is elsewhere.
_SHOWN = re.compile(r"https://github\.com/([^/]+/[^/]+)/blob/(.+)")


def fetch_text(document: Document, *, cache: Path, progress: bool = False) -> tuple[Path, bool]:
    """Return the path of a document's text in `cache`, a folder, and whether it was downloaded now.

    Raises
    ------
    ReproError
        If the document has no address, or what is there cannot be had, is too large, or is another text.
    """
    path = cache / document.file
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == document.sha256:
        return path, False
    remedy = f"Save it yourself as {document.file} in a folder that {TEXTS_VARIABLE} names."
    if document.url is None:
        msg = f"A text is fetched from its url in claims.toml, and {document.id} has none. {remedy}"
        raise ReproError(msg)
    url = _SHOWN.sub(r"https://raw.githubusercontent.com/\1/\2", document.url)
    require_https(url, what="A text", owner=document.id)
    try:
        with open_transfer(url, cache=cache, progress=progress) as fetch:
            check = partial(_check, sha256=document.sha256)
            fetch(url, name=document.file, most_bytes=_MOST_BYTES, read=check)
    except FAILURES as error:
        reason = describe_failure(error, url=url)
        msg = f"The text of {document.id} could not be fetched from {url}. {reason} {remedy}"
        raise ReproError(msg) from error
    return path, True


def _check(path: Path, *, sha256: str) -> None:
    content = path.read_bytes()
    if (actual := hashlib.sha256(content).hexdigest()) != sha256:
        msg = (
            f"Expected the SHA-256 sum {sha256:.12}..., received {len(content):,} bytes with {actual:.12}...: another "
            "text than the claims were taken from."
        )
        raise BrokenFileError(msg)
