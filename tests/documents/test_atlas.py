"""Documents that stand in the atlas alone: on no other page, and run by default where one run settles them."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_documents import copy_tiny

from mnist_repro import atlas
from mnist_repro.documents.catalogue import load_atlas, load_catalogue
from mnist_repro.documents.document import load_document
from mnist_repro.documents.folders import add_document_folders
from mnist_repro.errors import ReproError

MISSION = ["julia-blog", "tf1-notebook"]
GERON = Path(atlas.__file__).parent / "geron_ch10"


def test_load_catalogue_has_what_every_page_shows_alone() -> None:
    """The atlas has the same documents first, then its own."""
    assert list(load_catalogue().documents) == MISSION
    assert list(load_atlas().documents)[: len(MISSION)] == MISSION
    assert all(each.atlas_only for each in list(load_atlas().documents.values())[len(MISSION) :])


def test_usual_has_of_the_atlas_what_one_run_settles() -> None:
    """A document that chance has a part in is run where it is named, by its own id or its experiments'."""
    found = load_atlas()

    assert {*MISSION, "lisa-logreg"} <= set(found.usual.documents)
    assert "geron-ch10" not in found.usual.documents
    assert "lisa-logreg" in found.select([])
    assert list(found.select(["geron-ch10"])) == ["geron-plain", "geron-dense"]
    assert list(found.select(["geron-dense"])) == ["geron-dense"]


def test_load_catalogue_document_of_the_atlas_that_is_named_is_shown() -> None:
    """Its folder is named as a user's own is."""
    with add_document_folders([GERON]):
        assert list(load_catalogue().documents) == ["geron-ch10", *MISSION]
    assert list(load_catalogue().documents) == MISSION


def test_load_catalogue_others_are_the_experiments_of_the_atlas() -> None:
    """Nothing is said of their records where they are not shown."""
    assert load_catalogue().others == set(load_atlas().protocols) - set(load_catalogue().protocols)


def test_load_atlas_document_without_what_its_table_needs_is_refused(tmp_path: Path) -> None:
    """The table of the atlas has address, year and framework of each document."""
    folder = copy_tiny(tmp_path / "tiny")
    file = folder / "claims.toml"
    file.write_text(f"atlas_only = true\n{file.read_text(encoding='utf-8')}", encoding="utf-8")

    with add_document_folders([folder]), pytest.raises(ReproError, match="atlas_only needs url, year and framework"):
        load_atlas()


def test_document_name_is_short(tmp_path: Path) -> None:
    """It is the declared one, or the title up to a parenthesis; a long one is refused."""
    folder = copy_tiny(tmp_path / "tiny")
    file = folder / "claims.toml"
    text = file.read_text(encoding="utf-8")

    file.write_text(text.replace("A tiny document", "A tiny document (a file)"), encoding="utf-8")
    assert load_document(folder).name == "A tiny document"
    file.write_text(f'short = "Tiny"\n{text}', encoding="utf-8")
    assert load_document(folder).name == "Tiny"
    file.write_text(f'short = "{"Tiny " * 7}"\n{text}', encoding="utf-8")
    with pytest.raises(ReproError, match="short must be at most 30 letters on one line"):
        load_document(folder)
