"""Files from one place on the web: by https, without redirections, in bounded time and size, and checked."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Protocol, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, build_opener, getproxies, proxy_bypass

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from mnist_repro.datasets.idx import BrokenFileError, shorten
from mnist_repro.errors import ReproError

ANSWER_SECONDS = 5.0  # until a place begins to answer
DOWNLOAD_SECONDS = 600.0  # for all its files
# How a download can fail. The last two are an answer that is not HTTP and a malformed address of a proxy.
FAILURES = (OSError, BrokenFileError, HTTPException, ValueError)
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_SILENCE_SECONDS = 10.0  # between two pieces of a file
_PIECE_BYTES = 1 << 16

_T = TypeVar("_T")


class Fetch(Protocol):
    """Downloads at most so many bytes from an address, and returns what reading and checking them gives."""

    def __call__(self, url: str, *, name: str, most_bytes: int, read: Callable[[Path], _T]) -> _T:
        """Download one file."""


def require_https(url: str, *, what: str, owner: str) -> None:
    """Refuse an address that is reached neither by https nor by http on this computer; raises a ReproError."""
    parts = urlsplit(url)
    is_secure = parts.scheme == "https" and parts.hostname
    if not is_secure and not (parts.scheme == "http" and parts.hostname in _HERE):
        received = f"received {url!r} for {owner}. Correct its address."
        msg = f"{what} is reached by https, or by http on this computer; {received}"
        raise ReproError(msg)


@contextmanager
def open_transfer(place: str, *, cache: Path, progress: bool) -> Iterator[Fetch]:
    """Yield what downloads files from a place, an address, into a folder of its own; move them to `cache` at the end.

    Parameters
    ----------
    cache
        Folder that keeps the files; created if missing. Where one is refused, none gets there.
    progress
        Whether to show a bar, if there is a terminal.

    Raises
    ------
    OSError, BrokenFileError, HTTPException, ValueError
        If a file cannot be had, or `read` refuses it.
    """
    cache.mkdir(parents=True, exist_ok=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    console.quiet = not (progress and console.is_terminal)
    with (
        TemporaryDirectory(dir=cache, prefix=".download-", ignore_cleanup_errors=True) as folder,
        Progress(*columns, console=console, transient=True) as bar,
    ):
        opener, end = _build_opener(place), time.monotonic() + DOWNLOAD_SECONDS

        def fetch(url: str, *, name: str, most_bytes: int, read: Callable[[Path], _T]) -> _T:
            path = Path(folder) / name
            answer = _call_within(ANSWER_SECONDS, lambda: opener.open(url, timeout=_SILENCE_SECONDS))
            save = partial(_save, answer, path, limit_bytes=most_bytes, bar=bar)
            _call_within(max(0.0, end - time.monotonic()), save)
            return read(path)

        yield fetch
        for path in Path(folder).iterdir():
            path.replace(cache / path.name)


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirection, so that https stays https; urllib then raises HTTPError."""

    def redirect_request(self, *_: object) -> None:
        """Return no request."""


def _build_opener(url: str) -> OpenerDirector:
    """Return an opener that uses the proxies and the certificates named in the environment."""
    # Python takes any proxy for one of HTTP. Behind the protocol there may be a password.
    protocol, separator, _ = _find_proxy(url).partition("://")
    if separator and protocol not in {"http", "https"}:
        msg = (
            f"{_name_proxy(url)} must name a proxy of HTTP, received one of {protocol}. Name another, or download "
            "with a program that knows it"
        )
        raise OSError(msg)
    context = ssl.create_default_context()
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        try:
            if bundle:
                context.load_verify_locations(bundle)
        except OSError as error:
            msg = f"{variable} must name a file of certificates, received {bundle!r} ({error.strerror})"
            raise OSError(msg) from error
    return build_opener(_NoRedirects, HTTPSHandler(context=context))


def _find_proxy(url: str) -> str:
    """Return the address of the proxy through which an address is reached; empty without one."""
    parts = urlsplit(url)
    return "" if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme, "")


def _name_proxy(url: str) -> str:
    return f"{urlsplit(url).scheme.upper()}_PROXY"


def _call_within(seconds: float, call: Callable[[], _T]) -> _T:
    """Make a call in a thread, and abandon it after some seconds.

    A socket's limit is for each address of a host and for each piece of an answer; looking up a name has none.
    """
    outcome: futures.Future[_T] = futures.Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except Exception as error:  # noqa: BLE001  it is raised again by whoever waits
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    if not futures.wait([outcome], timeout=seconds).done:
        msg = f"It took longer than {seconds:.3g} seconds"
        raise TimeoutError(msg)
    return outcome.result()


def _save(answer: HTTPResponse, path: Path, *, limit_bytes: int, bar: Progress) -> None:
    """Write the body of an answer into a file, up to a number of bytes."""
    task = bar.add_task(path.name, total=answer.length)
    received_bytes = 0
    with answer, path.open("wb") as file:
        while piece := answer.read1(_PIECE_BYTES):
            received_bytes += len(piece)
            if received_bytes > limit_bytes:
                msg = f"Expected at most {limit_bytes} bytes, received more"
                raise OSError(msg)
            file.write(piece)
            bar.update(task, completed=received_bytes)


def describe_failure(error: Exception, *, url: str) -> str:
    """Put a download that failed by one of `FAILURES` into a sentence."""
    if isinstance(error, BrokenFileError):
        return str(error)
    if isinstance(error, HTTPError):
        if error.code in range(300, 400):
            return f"It sends elsewhere ({error.code}), and redirections are not followed."
        return f"It answered {error.code} {shorten(error.reason)}."
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        remedy = "Name a file with its issuer's certificate, or your proxy's, in SSL_CERT_FILE."
        return f"Its certificate is not trusted ({reason.verify_message}). {remedy}"
    if isinstance(error, URLError):
        through = f" through the proxy of {_name_proxy(url)}" if _find_proxy(url) else ""
        return f"No connection{through} ({shorten(str(getattr(reason, 'strerror', None) or reason))})."
    return f"{shorten(str(error)) or type(error).__name__}."
