"""Downloads, from a server on this computer: the mirror that is used, the files that are kept, and the messages."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from urllib.error import URLError
from urllib.request import OpenerDirector

import pytest
from local_server import QuietHandler, serving
from small_mnist import SMALL_FILES, TEST_LABELS, TRAIN_IMAGES, assert_is_small_mnist, write_gzipped, write_npz

from mnist_repro.datasets import download as downloads, transfer
from mnist_repro.datasets.download import MIRRORS, Mirror, download_mnist
from mnist_repro.datasets.folders import AbsentError, read_folder
from mnist_repro.datasets.idx import Arrays


class RedirectingHandler(BaseHTTPRequestHandler):
    """Sends everyone elsewhere."""

    def do_GET(self) -> None:
        """Redirect."""
        self.send_response(302)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
        """Say nothing."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach this computer directly, whatever proxy the tests run behind."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return the folder that the server shows."""
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


@pytest.fixture
def server(site: Path) -> Iterator[str]:
    """Return the address of the folder."""
    with serving(partial(QuietHandler, directory=str(site))) as address:
        yield address


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a cache folder that does not exist yet."""
    return tmp_path / "cache"


@pytest.fixture
def dead() -> Mirror:
    """Return a mirror that refuses every connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Mirror(name="dead", url=f"http://127.0.0.1:{free.getsockname()[1]}", form="idx")


def download(cache: Path, *mirrors: Mirror) -> tuple[Arrays, Mirror]:
    """Download the small MNIST."""
    return download_mnist(cache, files=SMALL_FILES, mirrors=mirrors, progress=False)


def reason_of_failure(cache: Path, *mirrors: Mirror) -> str:
    """Return the message when no mirror works, and check that nothing was kept."""
    with pytest.raises(AbsentError) as caught:
        download(cache, *mirrors)

    assert list(cache.iterdir()) == []
    return str(caught.value)


def test_mirrors_are_secure() -> None:
    """Every mirror is reached by https."""
    assert all(mirror.url.startswith("https://") for mirror in MIRRORS)


def test_download_idx_mirror_gives_the_arrays_and_keeps_the_files(server: str, site: Path, cache: Path) -> None:
    """The four files are checked, given, and kept where they are found the next time."""
    write_gzipped(site / "mnist")
    mirror = Mirror(name="whole", url=f"{server}/mnist", form="idx")

    arrays, used = download(cache, mirror)

    assert used is mirror
    assert_is_small_mnist(arrays)
    assert sorted(path.name for path in cache.iterdir()) == sorted(f"{file.name}.gz" for file in SMALL_FILES)
    assert_is_small_mnist(read_folder(cache, files=SMALL_FILES))


def test_download_npz_mirror_gives_the_arrays_and_keeps_the_file(server: str, site: Path, cache: Path) -> None:
    """One npz does as well as four IDX files."""
    write_npz(site)

    arrays, _ = download(cache, Mirror(name="whole", url=server, form="npz"))

    assert_is_small_mnist(arrays)
    assert [path.name for path in cache.iterdir()] == ["mnist.npz"]


def test_download_first_mirror_dead_uses_the_second(server: str, site: Path, cache: Path, dead: Mirror) -> None:
    """A mirror that cannot be reached is passed over."""
    write_gzipped(site)

    _, used = download(cache, dead, Mirror(name="whole", url=server, form="idx"))

    assert used.name == "whole"


def test_download_first_mirror_altered_uses_the_second(server: str, site: Path, cache: Path) -> None:
    """A mirror with one wrong file is passed over, and none of its files are kept."""
    write_gzipped(site / "altered")
    (site / "altered" / f"{TEST_LABELS.name}.gz").write_bytes(b"<html>Gone</html>")
    write_npz(site / "whole")

    arrays, used = download(
        cache,
        Mirror(name="altered", url=f"{server}/altered", form="idx"),
        Mirror(name="whole", url=f"{server}/whole", form="npz"),
    )

    assert used.name == "whole"
    assert_is_small_mnist(arrays)
    assert [path.name for path in cache.iterdir()] == ["mnist.npz"]


def test_download_no_mirror_works_names_each_with_its_reason(
    server: str, site: Path, cache: Path, dead: Mirror
) -> None:
    """The error lists every mirror with what was wrong with it."""
    write_gzipped(site / "altered")
    (site / "altered" / f"{TRAIN_IMAGES.name}.gz").write_bytes(b"<html>Gone</html>")

    reason = reason_of_failure(
        cache,
        dead,
        Mirror(name="empty", url=f"{server}/empty", form="npz"),
        Mirror(name="altered", url=f"{server}/altered", form="idx"),
    )

    assert f"dead ({dead.url}): No connection (Connection refused)." in reason
    assert f"empty ({server}/empty): It answered 404 File not found." in reason
    assert f"{server}/altered/{TRAIN_IMAGES.name}.gz: Expected {TRAIN_IMAGES.size} bytes of images" in reason
    assert "looks like a web page" in reason


def test_download_silent_mirror_is_given_up(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that takes the connection and says nothing is given up after a moment."""
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.2)
    started = time.perf_counter()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        reason = reason_of_failure(cache, Mirror(name="silent", url=url, form="idx"))

    assert "silent (" in reason
    assert "It took longer than 0.2 seconds." in reason
    # Without the limit it would wait for the socket's, of 10 seconds and more.
    assert time.perf_counter() - started < 8


def test_download_redirection_is_not_followed(cache: Path) -> None:
    """A mirror cannot send the download to another, perhaps insecure, place."""
    with serving(RedirectingHandler) as address:
        reason = reason_of_failure(cache, Mirror(name="moved", url=address, form="idx"))

    assert "It sends elsewhere (302), and redirections are not followed." in reason


def test_download_proxy_out_of_reach_is_named(dead: Mirror, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a proxy is set, the message says that the connection goes through it."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", dead.url)

    reason = reason_of_failure(cache, Mirror(name="far", url="https://mirror.example/mnist", form="idx"))

    assert "far (https://mirror.example/mnist): No connection through the proxy of HTTPS_PROXY (Connection" in reason


def test_download_untrusted_certificate_names_the_variable(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a mirror, or a proxy before it, has a certificate of an unknown issuer, the message says what to set."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate in certificate chain"

    def refuse(*_: object, **__: object) -> None:
        raise URLError(error)

    monkeypatch.setattr(OpenerDirector, "open", refuse)

    reason = reason_of_failure(cache, Mirror(name="far", url="https://mirror.example/mnist", form="idx"))

    assert "Its certificate is not trusted (self-signed certificate in certificate chain). Name a file" in reason
    assert "in SSL_CERT_FILE." in reason


def test_download_name_that_is_looked_up_without_end_is_given_up(
    cache: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The system's look-up of a name has no limit of its own, and is given up too."""
    ended = Event()
    request.addfinalizer(ended.set)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(60))
    monkeypatch.setattr(transfer, "ANSWER_SECONDS", 0.2)
    started = time.perf_counter()

    reason = reason_of_failure(cache, Mirror(name="far", url="https://mirror.example/mnist", form="idx"))

    assert "It took longer than 0.2 seconds." in reason
    assert time.perf_counter() - started < 8


def test_download_far_too_much_is_cut_off(
    server: str, site: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror that sends more than the file can have is stopped."""
    monkeypatch.setattr(downloads, "_PACKING_BYTES", 0)
    (site / f"{TRAIN_IMAGES.name}.gz").write_bytes(bytes(200_000))

    reason = reason_of_failure(cache, Mirror(name="endless", url=server, form="idx"))

    assert "Expected at most" in reason


def test_download_cache_cannot_be_made_says_so(server: str, site: Path, tmp_path: Path) -> None:
    """A cache folder that cannot be made is named as the reason."""
    write_gzipped(site)
    (tmp_path / "file").touch()

    with pytest.raises(AbsentError, match="file"):
        download(tmp_path / "file" / "cache", Mirror(name="whole", url=server, form="idx"))


def test_download_without_terminal_prints_nothing(
    server: str, site: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The progress bar is for terminals only."""
    write_gzipped(site)

    download_mnist(cache, files=SMALL_FILES, mirrors=[Mirror(name="whole", url=server, form="idx")], progress=True)

    assert capsys.readouterr() == ("", "")


def test_download_on_terminal_shows_each_file(
    server: str, site: Path, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the bar names the file that is under way, on the error stream."""
    write_gzipped(site)
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "120"}.items():
        monkeypatch.setenv(name, value)

    download_mnist(cache, files=SMALL_FILES, mirrors=[Mirror(name="whole", url=server, form="idx")], progress=True)

    output, shown = capsys.readouterr()
    assert output == ""
    assert TRAIN_IMAGES.name in shown
