"""Another revision's protocols, as its own package has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from gate_sessions import ROOT

from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.errors import ReproError
from mnist_repro.studies.revision import read_protocol_hashes


def test_read_protocol_hashes_are_those_of_the_package_in_the_folder(tmp_path: Path) -> None:
    """The package in the checkout is asked, not the one that is running."""
    assert read_protocol_hashes(ROOT) == {name: each.sha256 for name, each in load_catalogue().protocols.items()}

    (tmp_path / "mnist_repro").mkdir()
    (tmp_path / "mnist_repro" / "__init__.py").write_text("raise SystemExit('another package')", encoding="utf-8")
    with pytest.raises(ReproError, match="another package"):
        read_protocol_hashes(tmp_path)
