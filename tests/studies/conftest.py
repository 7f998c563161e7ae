"""A study that is over soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_study import SmallStudy

from mnist_repro.datasets.dataset import Dataset
from mnist_repro.documents.protocol import Protocol


@pytest.fixture
def small_study(quick_protocol: Protocol, random_images: Dataset, tmp_path: Path) -> SmallStudy:
    """Return a study of the quick protocol with an empty store."""
    return SmallStudy(quick_protocol, random_images, tmp_path)
