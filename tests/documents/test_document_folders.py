"""Documents are found in this package, in installed ones and in named folders, and a broken one is told in a line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_documents import TINY, copy_tiny, install_tiny

from mnist_repro import atlas
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.folders import FOLDERS_VARIABLE, add_document_folders, find_document_folders
from mnist_repro.errors import ReproError

OWN = sorted(folder.parent.name for folder in Path(atlas.__file__).parent.glob("*/claims.toml"))


@pytest.fixture(autouse=True)
def _nothing_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDERS_VARIABLE, raising=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder that Python finds packages in."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "tiny_package"]:
        del sys.modules[name]


def refuse(*folders: Path) -> str:
    """Return the words in which added folders are refused, which are one line."""
    with add_document_folders(folders), pytest.raises(ReproError) as caught:
        load_catalogue()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_find_document_folders_nothing_added_gives_the_packages_own() -> None:
    """The package's documents are folders whose modules Python imports by their names."""
    found = find_document_folders()

    assert [folder.path.name for folder in found] == OWN
    assert [folder.package for folder in found] == [f"mnist_repro.atlas.{name}" for name in OWN]


def test_find_document_folders_option_and_variable_are_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the variable names comes before what the option does; each folder counts once, whatever it is called."""
    first, second = copy_tiny(tmp_path / "first"), copy_tiny(tmp_path / "second")
    link = tmp_path / "link"
    link.symlink_to(first, target_is_directory=True)
    monkeypatch.setenv(FOLDERS_VARIABLE, str(first))

    with add_document_folders([second, link]):
        assert [folder.path for folder in find_document_folders()[len(OWN) :]] == [first, second]
    assert [folder.path for folder in find_document_folders()[len(OWN) :]] == [first]


def test_add_document_folders_ends_with_its_context(tmp_path: Path) -> None:
    """Afterwards nothing is added any longer, also where the context ends with an error."""
    with pytest.raises(KeyError), add_document_folders([tmp_path]):
        raise KeyError

    assert FOLDERS_VARIABLE not in os.environ


def test_add_document_folders_relative_path_is_that_of_its_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that was named from one place is the same after a change of the current folder."""
    copy_tiny(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)

    with add_document_folders([Path("tiny")]):
        monkeypatch.chdir("/")
        assert "tiny" in load_catalogue().documents


def test_add_document_folders_other_processes_know_of_them() -> None:
    """A process that is started meanwhile has the document, too."""
    program = "from mnist_repro.documents.catalogue import load_catalogue; print(*load_catalogue().protocols)"

    with add_document_folders([TINY]):
        out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own words

    assert out.split()[-1] == "tiny-linear"


def test_add_document_folders_path_with_separator_is_refused(tmp_path: Path) -> None:
    """A path that would be read as two is refused, with what to do."""
    folder = tmp_path / f"a{os.pathsep}b"

    with pytest.raises(ReproError, match="Rename or move the folder") as caught, add_document_folders([folder]):
        pass

    assert f"Received: {folder}." in str(caught.value)


def test_named_folder_all_of_it_is_loaded() -> None:
    """Claims, experiments and alternatives of a folder are all there, and its modules import each other."""
    with add_document_folders([TINY]):
        documents, protocols, alternatives = (
            load_catalogue().documents,
            load_catalogue().protocols,
            load_catalogue().alternatives,
        )

    assert [claim.id for claim in documents["tiny"].claims] == [
        "tiny-linear.held-out-loss.2",
        "tiny-linear.held-out-accuracy",
    ]
    assert [name for name in protocols if name.startswith("tiny")] == ["tiny-linear"]
    assert [variant.id for variant in alternatives if variant.id.startswith("tiny")] == ["tiny-linear+batches-of-10"]


def test_named_folder_without_alternatives_has_none(tmp_path: Path) -> None:
    """A document needs no `alternatives.py`."""
    folder = copy_tiny(tmp_path / "tiny")
    (folder / "alternatives.py").unlink()

    with add_document_folders([folder]):
        assert not [variant for variant in load_catalogue().alternatives if variant.experiment == "tiny-linear"]


def test_entry_point_all_of_it_is_loaded(site: Path) -> None:
    """An installed package whose entry point names a document's folder adds it, and nothing else has to be said."""
    install_tiny(site)

    assert "tiny" in load_catalogue().documents
    assert "tiny-linear" in load_catalogue().protocols
    assert "tiny-linear+batches-of-10" in {variant.id for variant in load_catalogue().alternatives}
    assert find_document_folders()[len(OWN)].package == "tiny_package.document"


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        pytest.param("no_such_package", ["no module of this name"], id="no package"),
        pytest.param("no_such_package.document", ["ModuleNotFoundError"], id="no parent"),
        pytest.param("tiny_package.document.experiments", ["a module that is no package"], id="module"),
        pytest.param("tiny_package.document:EXPERIMENTS", ["no module of this name"], id="attribute"),
        pytest.param("broken_package.document", ["ValueError: not today"], id="package that does not run"),
    ],
)
def test_entry_point_that_names_no_folder_is_refused(site: Path, target: str, parts: list[str]) -> None:
    """The error tells the entry point, what it names, what came of it, and which distribution to mend or uninstall."""
    install_tiny(site, target=target)
    (site / "broken_package").mkdir()
    (site / "broken_package" / "__init__.py").write_text("raise ValueError('not today')\n")

    message = refuse()

    for part in (f"third = {target!r} does not.", "Correct it in tiny-distribution, or uninstall that.", *parts):
        assert part in message


def test_named_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """The error tells what a document is, the path, by what it was named, and what is there."""
    file = tmp_path / "file"
    file.touch()

    for path, there in ((tmp_path / "absent", "nothing"), (file, "something else")):
        message = refuse(path)
        assert message == (
            f"A document is a folder with claims.toml and experiments.py. Received: {path}, named by --document or "
            f"{FOLDERS_VARIABLE}, where there is {there}. Correct the path."
        )


@pytest.mark.parametrize("name", ["claims.toml", "experiments.py"])
def test_named_folder_that_lacks_a_file_is_refused(tmp_path: Path, name: str) -> None:
    """The error names the file that is missing, and says to write it."""
    folder = copy_tiny(tmp_path / "tiny")
    (folder / name).unlink()

    message = refuse(folder)

    assert str(folder / name) in message
    assert "Write " in message


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        pytest.param("claims.toml", 'id = "tiny', ["must be valid TOML"], id="broken TOML"),
        pytest.param(
            "experiments.py",
            "def f():\n    raise ValueError('not\\ntoday')\n\nf()\n",
            ["must run without an error", "ValueError: not today (line 2)"],
            id="exception",
        ),
        pytest.param("experiments.py", "a = (\n", ["SyntaxError: ", "(line 1)"], id="no Python"),
        pytest.param("experiments.py", "import no_such_module\n", ["ModuleNotFoundError", "(line 1)"], id="import"),
        pytest.param("experiments.py", "raise SystemExit(0)\n", ["SystemExit: 0 (line 1)"], id="end of the program"),
        pytest.param("experiments.py", "", ["EXPERIMENTS must be a tuple of Protocols", "None"], id="nothing"),
        pytest.param("experiments.py", "EXPERIMENTS = ()\n", ["not empty. Received: ()"], id="no experiment"),
        pytest.param("experiments.py", "EXPERIMENTS = ('a',)\n", ["Received: ('a',)"], id="no protocols"),
        pytest.param("experiments.py", f"raise ValueError({'x' * 9999!r})\n", ["xxx..."], id="long message"),
        pytest.param("alternatives.py", "ALTERNATIVES = (1,)\n", ["tuple of Variants", "(1,)"], id="no alternatives"),
        pytest.param("alternatives.py", "1 / 0\n", ["ZeroDivisionError: division by zero (line 1)"], id="division"),
    ],
)
def test_named_folder_whose_file_is_broken_is_refused(
    tmp_path: Path, name: str, content: str, parts: list[str]
) -> None:
    """The error is one line: the file, the rule, what was received and where, and to correct it there."""
    folder = copy_tiny(tmp_path / "tiny")
    (folder / name).write_text(content, encoding="utf-8")

    message = refuse(folder)

    assert len(message) < 800
    for part in (str(folder / name), "Correct it there", *parts):
        assert part in message


def test_named_folder_that_was_mended_is_loaded(tmp_path: Path) -> None:
    """A file that did not run is read again when it is asked for again."""
    folder = copy_tiny(tmp_path / "tiny")
    whole = (folder / "experiments.py").read_text(encoding="utf-8")
    (folder / "experiments.py").write_text("1 / 0\n", encoding="utf-8")
    refuse(folder)
    (folder / "experiments.py").write_text(whole, encoding="utf-8")

    with add_document_folders([folder]):
        assert "tiny-linear" in load_catalogue().protocols


_OTHER_DOCUMENT = ("claims.toml", 'id = "tiny"', 'id = "other"')
_NO_EXPERIMENT = ("claims.toml", 'experiment = "tiny-linear"', 'about = "other"')


@pytest.mark.parametrize(
    ("changes", "twice"),
    [
        pytest.param([], "ids of documents are unique. Received: 'tiny'", id="document"),
        pytest.param([_OTHER_DOCUMENT], "Received: 'tiny-linear.held-out-loss.2'", id="claim"),
        pytest.param(
            [_OTHER_DOCUMENT, _NO_EXPERIMENT], "ids of experiments are unique. Received: 'tiny-linear'", id="experiment"
        ),
        pytest.param(
            [
                _OTHER_DOCUMENT,
                _NO_EXPERIMENT,
                ("experiments.py", '"tiny-linear"', '"other-linear"'),
                ("alternatives.py", "ALTERNATIVES = (", "_MADE = ("),
                (
                    "alternatives.py",
                    "),\n)\n",
                    '),\n)\nALTERNATIVES = (replace(_MADE[0], id="tiny-linear+batches-of-10"),)\n',
                ),
            ],
            "ids of alternatives are unique. Received: 'tiny-linear+batches-of-10'",
            id="alternative",
        ),
    ],
)
def test_named_folder_whose_ids_are_taken_is_refused(
    tmp_path: Path, changes: list[tuple[str, str, str]], twice: str
) -> None:
    """The error names the id and both folders."""
    folder = copy_tiny(tmp_path / "tiny")
    for name, old, new in changes:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    message = refuse(TINY, folder)

    assert twice in message
    assert f"in {TINY} and in {folder}. Rename or remove one." in message


def test_named_folder_with_an_id_twice_names_it_once(tmp_path: Path) -> None:
    """Where one file has an id twice, no second folder is blamed."""
    folder = copy_tiny(tmp_path / "tiny")
    with (folder / "experiments.py").open("a", encoding="utf-8") as file:
        file.write("EXPERIMENTS = (*EXPERIMENTS, *EXPERIMENTS)\n")

    assert f"'tiny-linear', twice in {folder}. Rename or remove one." in refuse(folder)


def test_load_catalogue_documents_added_come_last_and_in_their_order(tmp_path: Path) -> None:
    """The package's own documents come in the order of their names, the others as they are named."""
    folders = [copy_tiny(tmp_path / "b"), copy_tiny(tmp_path / "a")]
    for name in ("claims.toml", "experiments.py"):
        text = (folders[1] / name).read_text(encoding="utf-8")
        (folders[1] / name).write_text(text.replace('"tiny', '"other'), encoding="utf-8")

    with add_document_folders(folders):
        assert list(load_catalogue().documents) == ["julia-blog", "tf1-notebook", "tiny", "other"]
    assert list(load_catalogue().documents) == ["julia-blog", "tf1-notebook"]
