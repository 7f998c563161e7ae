"""Variables of the environment that no download can go by are named, with what they have to hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_repro.datasets.download import Mirror, download_mnist
from mnist_repro.datasets.folders import AbsentError
from mnist_repro.datasets.idx import MNIST_FILES

FAR = Mirror(name="far", url="https://mirror.example/mnist", form="idx")


def reason_of_failure(cache: Path) -> str:
    """Return why nothing was downloaded."""
    with pytest.raises(AbsentError) as caught:
        download_mnist(cache, files=list(MNIST_FILES), mirrors=[FAR], progress=False)
    return str(caught.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "folder", "no certificates"], ids=["missing", "folder", "other file"])
def test_download_certificates_that_are_none_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: str | None
) -> None:
    """A variable that names no file of certificates is named with what it holds."""
    bundle = tmp_path / "bundle.pem"
    if content == "folder":
        bundle.mkdir()
    elif content:
        bundle.write_text(content, encoding="utf-8")
    monkeypatch.setenv(variable, str(bundle))

    reason = reason_of_failure(tmp_path / "cache")

    assert f"{variable} must name a file of certificates, received {str(bundle)!r} (" in reason


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "ftp"])
def test_download_proxy_of_another_protocol_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Python would take it for a proxy of HTTP; the message says what to set, or how to do without."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", f"{scheme}://me:secret@127.0.0.1:9")

    reason = reason_of_failure(tmp_path / "cache")

    assert f"HTTPS_PROXY must name a proxy of HTTP, received one of {scheme}. Name another, or download" in reason
    assert "secret" not in reason
