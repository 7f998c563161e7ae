"""MNIST from mirrors that PyTorch, TensorFlow and Keras use, in turn, until one gives it whole."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Literal
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from mnist_repro.datasets.folders import AbsentError
from mnist_repro.datasets.idx import Arrays, BrokenFileError, IdxFile, blamed_on, read_idx
from mnist_repro.datasets.npz import NPZ_NAME, read_npz
from mnist_repro.errors import ReproError

ANSWER_SECONDS = 5.0  # until a mirror says anything at all
DOWNLOAD_SECONDS = 600.0  # for all files of a mirror, which have 11 MB
_THIS_COMPUTER = frozenset({"127.0.0.1", "::1", "localhost"})
_SILENCE_SECONDS = 10.0  # between two pieces of a file
_PIECE_BYTES = 1 << 16
_PACKING_BYTES = 1 << 18  # what gzip or zip may add to content that does not shrink


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A place on the network that holds MNIST.

    Parameters
    ----------
    name
        Whose it is, for messages.
    url
        Address of the folder, without a slash at the end: by https, or of a server on this computer.
    form
        Four gzipped IDX files, or one ``mnist.npz``.

    Raises
    ------
    ReproError
        If the address is another.
    """

    name: str
    url: str
    form: Literal["idx", "npz"]

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        is_here = parts.scheme == "http" and parts.hostname in _THIS_COMPUTER
        if not (parts.scheme == "https" and parts.hostname) and not is_here:
            msg = (
                "A mirror is reached by https, or by http on this computer; "
                f"received {self.url!r} for {self.name}. Correct its address."
            )
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
        Folder that keeps the files; made where there is none. Only files that were checked get there.
    files
        What must be received.
    mirrors
        Tried in turn.
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
        # A ValueError stands for an answer that is no HTTP, such as a length that is no number.
        except (OSError, ValueError, BrokenFileError) as error:  # noqa: PERF203  the mirrors are few
            reasons.append(f"{mirror.name} ({mirror.url}): {_describe(error)}")
    msg = f"it could not be downloaded from any mirror. {' '.join(reasons)}"
    raise AbsentError(msg)


def _download_from(mirror: Mirror, *, cache: Path, files: Sequence[IdxFile], progress: bool) -> Arrays:
    """Download into a folder of its own, check, and only then move the files to where they are looked for."""
    cache.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
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
    end = time.monotonic() + DOWNLOAD_SECONDS
    if mirror.form == "npz":
        url = f"{mirror.url}/{NPZ_NAME}"
        path = _fetch(url, folder=folder, limit_bytes=sum(file.size for file in files), end=end, bar=bar)
        with blamed_on(url):
            return read_npz(path, files=files)
    arrays = []
    for file in files:
        url = f"{mirror.url}/{file.name}.gz"
        path = _fetch(url, folder=folder, limit_bytes=file.size, end=end, bar=bar)
        with blamed_on(url):
            arrays.append(read_idx(path, file=file))
    return tuple(arrays)


def _fetch(url: str, *, folder: Path, limit_bytes: int, end: float, bar: Progress) -> Path:
    """Download one file, until a time of the monotonic clock, and return where it is."""
    import pooch  # type: ignore[import-untyped]  # noqa: PLC0415  only a download needs it

    name = url.rpartition("/")[2]
    meter = _Meter(bar, description=name, limit_bytes=limit_bytes + _PACKING_BYTES)
    downloader = pooch.HTTPDownloader(
        progressbar=meter,
        chunk_size=_PIECE_BYTES,
        timeout=(ANSWER_SECONDS, _SILENCE_SECONDS),
        allow_redirects=False,  # so that https stays https
        headers={"Accept-Encoding": "identity"},  # the files are packed already
    )
    path = folder / name
    _call_within(ANSWER_SECONDS, lambda: _ask_for(url))
    _call_within(max(0.0, end - time.monotonic()), lambda: downloader(url, str(path), None))
    return path


def _ask_for(url: str) -> None:
    """Have a mirror say anything at all; what it says of the file shows when it sends it."""
    import requests  # noqa: PLC0415  comes with pooch, and is as slow to load

    answer = requests.head(url, timeout=ANSWER_SECONDS, allow_redirects=False)
    if answer.is_redirect:
        msg = f"It sends elsewhere ({answer.status_code}), and that is not followed."
        raise OSError(msg)


def _call_within(seconds: float, call: Callable[[], object]) -> None:
    """Make a call, and give it up after some seconds.

    The network library's limits are for each address of a host and for each piece of a file; looking up a
    name has none. A thread that nobody has to wait for bounds them all together.
    """
    outcomes: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def report() -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001  it is raised again by whoever waits
            outcomes.put(error)
        else:
            outcomes.put(None)

    Thread(target=report, daemon=True).start()
    try:
        error = outcomes.get(timeout=seconds)
    except queue.Empty:
        msg = f"Nothing within {seconds:.3g} seconds."
        raise TimeoutError(msg) from None
    if error is not None:
        raise error


class _Meter:
    """The form of progress bar that pooch asks for. It also stops a mirror that sends far too much."""

    def __init__(self, bar: Progress, *, description: str, limit_bytes: int) -> None:
        self.total = 0  # pooch sets it to the announced length, or to 0 where there is none
        self._limit_bytes = limit_bytes
        self._received_bytes = 0
        self._bar = bar
        self._task = bar.add_task(description, total=None)

    def update(self, received_bytes: int) -> None:
        """Count what pooch has received since the last call."""
        self._received_bytes += received_bytes
        if self._received_bytes > self._limit_bytes:
            msg = f"Expected at most {self._limit_bytes} bytes, received more."
            raise OSError(msg)
        self._bar.update(self._task, total=self.total or None, completed=self._received_bytes)

    def reset(self) -> None:
        """Count from 0 again, as pooch does to fill the bar at the end."""
        self._received_bytes = 0

    def close(self) -> None:
        """Leave the bar as it is: whoever made it takes it away."""


def _describe(error: Exception) -> str:
    """Put a failed download into few words: what the network library says fills a screen."""
    from requests import exceptions  # noqa: PLC0415  as above

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"It answered {error.response.status_code} {error.response.reason}."
    if isinstance(error, exceptions.Timeout):
        return "It stopped answering."
    if isinstance(error, exceptions.RequestException):
        return f"No connection ({type(error).__name__})."
    return str(error)
