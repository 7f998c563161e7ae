"""Where MNIST is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_repro.datasets import places
from mnist_repro.datasets.places import usual_places


def make_checkout(folder: Path) -> Path:
    """Make what looks like a checkout of this project."""
    (folder / "mnist_repro").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    return folder


def test_usual_places_in_checkout_are_ordered_from_near_to_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout comes first, then the current folder, what lies beside the checkout, and the cache."""
    checkout = make_checkout(tmp_path / "home" / "checkout")
    current = tmp_path / "current"
    current.mkdir()
    monkeypatch.setattr(places, "__file__", str(checkout / "mnist_repro" / "datasets" / "places.py"))
    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.chdir(current)

    assert [place.relative_to(tmp_path).as_posix() for place in usual_places()] == [
        "home/checkout/data/mnist",
        "home/checkout/shared/mnist",
        "current/data/mnist",
        "current/shared/mnist",
        "home/data/mnist",
        "home/shared/mnist",
        "cache",
    ]


def test_usual_places_installed_package_in_checkout_folder_looks_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed package is no checkout, but the current folder may be one."""
    checkout = make_checkout(tmp_path / "checkout")
    monkeypatch.setattr(places, "__file__", str(tmp_path / "site-packages" / "mnist_repro" / "datasets" / "places.py"))
    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.chdir(checkout)

    assert [place.relative_to(tmp_path).as_posix() for place in usual_places()] == [
        "checkout/data/mnist",
        "checkout/shared/mnist",
        "data/mnist",
        "shared/mnist",
        "cache",
    ]


def test_usual_places_current_folder_is_the_checkout_counts_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever works in the checkout has no place listed twice."""
    checkout = make_checkout(tmp_path / "checkout")
    monkeypatch.setattr(places, "__file__", str(checkout / "mnist_repro" / "datasets" / "places.py"))
    monkeypatch.chdir(checkout)

    found = list(usual_places())

    assert len(found) == len(set(found)) == 5


def test_cache_folder_is_named_after_the_project() -> None:
    """The cache is a folder of its own."""
    assert places.cache_folder().is_absolute()
    assert "mnist-repro" in places.cache_folder().parts
