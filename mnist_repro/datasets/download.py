"""MNIST from mirrors that PyTorch, TensorFlow and Keras use, in turn, until one gives it whole."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Literal, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, build_opener, getproxies, proxy_bypass

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from mnist_repro.datasets.folders import AbsentError
from mnist_repro.datasets.idx import Arrays, BrokenFileError, IdxFile, blamed_on, read_idx, shorten
from mnist_repro.datasets.npz import NPZ_NAME, read_npz
from mnist_repro.errors import ReproError

ANSWER_SECONDS = 5.0  # until a mirror begins to answer
DOWNLOAD_SECONDS = 600.0  # for all files of a mirror, which have 11 MB
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_SILENCE_SECONDS = 10.0  # between two pieces of a file
_PIECE_BYTES = 1 << 16
_PACKING_BYTES = 1 << 18  # what gzip or zip may add to content that does not shrink

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A place on the network that holds MNIST; only https is accepted, or http of a server on this computer."""

    name: str  #: its owner, for messages
    url: str  #: address of the folder, without a slash at the end
    form: Literal["idx", "npz"]  #: four gzipped IDX files, or one ``mnist.npz``

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        is_secure = parts.scheme == "https" and parts.hostname
        if not is_secure and not (parts.scheme == "http" and parts.hostname in _HERE):
            received = f"received {self.url!r} for {self.name}. Correct its address."
            msg = f"A mirror is reached by https, or by http on this computer; {received}"
            raise ReproError(msg)


MIRRORS = (
    Mirror(name="torchvision", url="https://ossci-datasets.s3.amazonaws.com/mnist", form="idx"),
    Mirror(name="CVDF", url="https://storage.googleapis.com/cvdf-datasets/mnist", form="idx"),
    Mirror(name="Keras", url="https://storage.googleapis.com/tensorflow/tf-keras-datasets", form="npz"),
)


def download_mnist(
    cache: Path, *, files: Sequence[IdxFile], mirrors: Sequence[Mirror], progress: bool
) -> tuple[Arrays, Mirror]:
    """Download `files` into `cache` from the first mirror that gives them all, unaltered.

    Parameters
    ----------
    cache
        Folder that keeps the files; created if missing. Only checked files get there.
    progress
        Whether to show a bar, if there is a terminal.

    Returns
    -------
    tuple of read-only uint8 arrays, and their mirror
        In the order of `files`, each of its file's shape.

    Raises
    ------
    AbsentError
        If no mirror does. The message names each mirror's reason.
    """
    reasons = []
    for mirror in mirrors:
        try:
            return _download_from(mirror, cache=cache, files=files, progress=progress), mirror
        # The last two: an answer that is no HTTP, and a proxy's address that is none.
        except (OSError, BrokenFileError, HTTPException, ValueError) as error:  # noqa: PERF203  the mirrors are few
            reasons.append(f"{mirror.name} ({mirror.url}): {_describe(error, mirror=mirror)}")
    msg = f"it could not be downloaded from any mirror. {' '.join(reasons)}"
    raise AbsentError(msg)


def _download_from(mirror: Mirror, *, cache: Path, files: Sequence[IdxFile], progress: bool) -> Arrays:
    """Download into a folder of its own, check, and only then move the files to where they are looked for."""
    cache.mkdir(parents=True, exist_ok=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    console.quiet = not (progress and console.is_terminal)
    with (
        TemporaryDirectory(dir=cache, prefix=".download-", ignore_cleanup_errors=True) as folder,
        Progress(*columns, console=console, transient=True) as bar,
    ):
        arrays = _fetch_all(mirror, folder=Path(folder), files=files, bar=bar)
        for path in Path(folder).iterdir():
            path.replace(cache / path.name)
    return arrays


def _fetch_all(mirror: Mirror, *, folder: Path, files: Sequence[IdxFile], bar: Progress) -> Arrays:
    """Download and check all files of a mirror; the first that is refused ends it."""
    opener, end = _build_opener(mirror), time.monotonic() + DOWNLOAD_SECONDS

    def fetch(name: str, *, size: int, read: Callable[[Path], _T]) -> _T:
        url, path = f"{mirror.url}/{name}", folder / name
        answer = _call_within(ANSWER_SECONDS, lambda: opener.open(url, timeout=_SILENCE_SECONDS))
        save = partial(_save, answer, path, limit_bytes=size + _PACKING_BYTES, bar=bar)
        _call_within(max(0.0, end - time.monotonic()), save)
        with blamed_on(url):
            return read(path)

    if mirror.form == "npz":
        return fetch(NPZ_NAME, size=sum(file.size for file in files), read=partial(read_npz, files=files))
    return tuple(fetch(f"{file.name}.gz", size=file.size, read=partial(read_idx, file=file)) for file in files)


class _NoRedirects(HTTPRedirectHandler):
    """Follows no redirection, so that https stays https; urllib then raises HTTPError."""

    def redirect_request(self, *_: object) -> None:
        """Return no request."""


def _build_opener(mirror: Mirror) -> OpenerDirector:
    """Return an opener that uses the proxies and the certificates named in the environment."""
    # Python takes any proxy for one of HTTP. Behind the protocol there may be a password.
    protocol, separator, _ = _find_proxy(mirror).partition("://")
    if separator and protocol not in {"http", "https"}:
        msg = (
            f"{_name_proxy(mirror)} must name a proxy of HTTP, received one of {protocol}. Name another, or download "
            "MNIST with a program that knows it, and name the folder with --data"
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


def _find_proxy(mirror: Mirror) -> str:
    """Return the address of the proxy through which a mirror is reached; empty without one."""
    parts = urlsplit(mirror.url)
    return "" if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme, "")


def _name_proxy(mirror: Mirror) -> str:
    return f"{urlsplit(mirror.url).scheme.upper()}_PROXY"


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


def _describe(error: Exception, *, mirror: Mirror) -> str:
    """Put a failed download into a sentence."""
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
        through = f" through the proxy of {_name_proxy(mirror)}" if _find_proxy(mirror) else ""
        return f"No connection{through} ({shorten(str(getattr(reason, 'strerror', None) or reason))})."
    return f"{shorten(str(error)) or type(error).__name__}."
