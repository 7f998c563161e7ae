"""Mirrors that are slow, broken, silent or false: the next is taken, in bounded time, and nothing of them is kept."""

from __future__ import annotations

import gzip
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest
from small_mnist import SMALL_FILES, TRAIN_IMAGES, assert_is_small_mnist, content_of, write_gzipped

from mnist_repro.datasets import transfer
from mnist_repro.datasets.download import Mirror, download_mnist
from mnist_repro.datasets.folders import AbsentError, read_folder
from mnist_repro.errors import ReproError

WHOLE = gzip.compress(content_of(TRAIN_IMAGES), mtime=0)
ALTERED = gzip.compress(content_of(TRAIN_IMAGES)[:-1] + b"\xff", mtime=0)
MOST_SECONDS = 20  # what all limits of these tests come to, on a busy machine

# Answers to a request, as bytes; None is a second of silence.
Answer = Callable[[], Iterator[bytes | None]]


def reply(status: str, body: bytes = b"", *, length: int | None = None, headers: str = "") -> bytes:
    """Return an answer of HTTP."""
    announced = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


def once(content: bytes) -> Answer:
    """Return an answer that is sent at once."""
    return lambda: iter([content])


def drip() -> Iterator[bytes | None]:
    """Send a byte a second, for ever."""
    yield reply("200 OK", length=10_000)
    while True:
        yield None
        yield b"\0"


def drip_header() -> Iterator[bytes | None]:
    """Send a line of the header a second, for ever."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield None
        yield b"X-More: to come\r\n"


def drip_length() -> Iterator[bytes | None]:
    """Announce a piece by a length to which a digit a second is added, for ever."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield None
        yield b"0"


def be_silent() -> Iterator[bytes | None]:
    """Take the connection and say nothing."""
    while True:
        yield None


def stop_in_the_middle() -> Iterator[bytes | None]:
    """Announce a whole file, send half of it, and say no more."""
    yield reply("200 OK", WHOLE[:20], length=len(WHOLE))
    yield from be_silent()


def send_without_end() -> Iterator[bytes | None]:
    """Send pieces for ever, of a length that is not announced."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    while True:
        yield b"10000\r\n" + bytes(1 << 16) + b"\r\n"


def elsewhere(address: str) -> Answer:
    """Send everyone elsewhere."""
    return once(reply("302 Found", headers=f"Location: {address}\r\n"))


BAD = {
    "404": once(reply("404 Not Found", b"<html>gone</html>")),
    "500": once(reply("500 Internal Server Error")),
    "503 and a page": once(reply("503 Slow Down", b"<Error/>")),
    "wrong bytes": once(reply("200 OK", ALTERED)),
    "web page": once(reply("200 OK", b"<html>Sign in</html>")),
    "empty": once(reply("200 OK")),
    "dies in the middle": once(reply("200 OK", WHOLE[:20], length=len(WHOLE))),
    "dies before it answers": once(b""),
    "no HTTP": once(b"220 ready for FTP\r\n"),
    "length that is no number": once(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + WHOLE),
    "negative length": once(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + WHOLE),
    "other scheme": elsewhere("http://127.0.0.1:9/mnist"),
    "file": elsewhere("file:///etc/hostname"),
    "itself": elsewhere("/again"),
    "bomb": once(reply("200 OK", gzip.compress(bytes(1 << 26)))),
    "bomb in transit": once(reply("200 OK", gzip.compress(bytes(1 << 26)), headers="Content-Encoding: gzip\r\n")),
    "silent": be_silent,
    "stops in the middle": stop_in_the_middle,
    "slow": drip,
    "slow header": drip_header,
    "slow length": drip_length,
    "without end": send_without_end,
}


class BadServer:
    """A server on this computer that gives every request the same answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._reply, args=(connection,), daemon=True).start()

    def _reply(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.recv(1 << 16)
            for piece in self._answer():
                if piece is None:
                    time.sleep(1)
                else:
                    connection.sendall(piece)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach this computer directly, and wait for seconds where a user would wait for minutes."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(transfer, "DOWNLOAD_SECONDS", 3.0)
    monkeypatch.setattr(transfer, "_SILENCE_SECONDS", 2.0)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Mirror]:
    """Return a mirror that has all files."""
    folder = write_gzipped(tmp_path / "site")
    with closing(GoodServer(folder)) as server:
        yield Mirror(name="whole", url=server.url, form="idx")


class GoodServer(BadServer):
    """A server on this computer that gives the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        super().__init__(be_silent)

    def _reply(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            _, path, _ = connection.recv(1 << 16).decode().split(" ", 2)
            connection.sendall(reply("200 OK", (self._folder / path.lstrip("/")).read_bytes()))


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in BAD.items()])
def test_download_bad_mirror_is_passed_over_in_bounded_time(tmp_path: Path, whole: Mirror, answer: Answer) -> None:
    """The next mirror is taken, and nothing of the bad one stays in the cache."""
    cache = tmp_path / "cache"
    started = time.monotonic()
    with closing(BadServer(answer)) as server:
        bad = Mirror(name="bad", url=server.url, form="idx")

        arrays, used = download_mnist(cache, files=SMALL_FILES, mirrors=(bad, whole), progress=False)

    assert used is whole
    assert time.monotonic() - started < MOST_SECONDS
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{file.name}.gz" for file in SMALL_FILES)
    assert_is_small_mnist(arrays)


@pytest.mark.parametrize("form", ["idx", "npz"])
@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in BAD.items()])
def test_download_bad_mirror_alone_is_named_and_leaves_nothing(tmp_path: Path, answer: Answer, form: str) -> None:
    """Where there is no other mirror, the error names this one with its reason, in a line that can be read."""
    cache = tmp_path / "cache"
    with closing(BadServer(answer)) as server:
        bad = Mirror(name="bad", url=server.url, form=form)  # type: ignore[arg-type] # both forms
        with pytest.raises(AbsentError, match=r"from any mirror\. bad \(http://127\.0\.0\.1:\d+\): \w") as caught:
            download_mnist(cache, files=SMALL_FILES, mirrors=(bad,), progress=False)

    assert list(cache.iterdir()) == []
    assert len(str(caught.value)) < 1_000
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("location", ["http://127.0.0.1:{port}/mnist", "//127.0.0.1:{port}/mnist"])
def test_download_redirection_is_not_even_asked_for(tmp_path: Path, location: str) -> None:
    """Where a mirror sends everyone elsewhere, nobody goes there."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)
        address = location.format(port=other.getsockname()[1])
        with closing(BadServer(elsewhere(address))) as server:
            mirror = Mirror(name="bad", url=server.url, form="idx")
            with pytest.raises(AbsentError, match="sends elsewhere"):
                download_mnist(tmp_path, files=SMALL_FILES, mirrors=(mirror,), progress=False)
        with pytest.raises(TimeoutError):
            other.accept()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/mnist",
        "http://127.0.0.1.example.org/mnist",
        "http://localhost@example.org/mnist",
        "ftp://127.0.0.1/mnist",
        "file:///tmp/mnist",
        "https:///mnist",
        "//example.org/mnist",
        "",
    ],
)
def test_mirror_by_another_scheme_than_https_is_refused(url: str) -> None:
    """Only https is accepted, and http on this computer."""
    with pytest.raises(ReproError, match="A mirror is reached by https"):
        Mirror(name="bad", url=url, form="idx")


def _download_in_process(cache: Path, url: str) -> None:
    arrays, _ = download_mnist(
        cache, files=SMALL_FILES, mirrors=(Mirror(name="whole", url=url, form="idx"),), progress=False
    )
    assert_is_small_mnist(arrays)


def test_download_by_two_processes_at_once_succeeds_in_both(tmp_path: Path, whole: Mirror) -> None:
    """Both have the files, and the cache has each of them once, and whole."""
    cache = tmp_path / "cache"
    # A fork would take TensorFlow's threads with it where other tests have loaded it.
    processes = multiprocessing.get_context("spawn")
    both = [processes.Process(target=_download_in_process, args=(cache, whole.url)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(timeout=300)

    assert [process.exitcode for process in both] == [0, 0]
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{file.name}.gz" for file in SMALL_FILES)
    assert len(read_folder(cache, files=SMALL_FILES)) == len(SMALL_FILES)


def test_bad_mirrors_are_many(record_property: Callable[[str, object], None]) -> None:
    """The number of kinds is reported."""
    record_property("reliability figure", f"downloads: {len(BAD)} kinds of bad mirror, each passed over")
    assert len(BAD) >= 20
