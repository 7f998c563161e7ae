"""To name a document's folder is to run its programs, as the text of their files has them, and nothing else in it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import py_compile
from collections.abc import Callable
from pathlib import Path

import pytest
from small_documents import copy_tiny

from mnist_repro.cli.main import build_parser
from mnist_repro.documents.catalogue import load_catalogue
from mnist_repro.documents.folders import add_document_folders

ROOT = Path(__file__).parents[2]
PROGRAMS = ("experiments.py", "alternatives.py", "faults.py")


def _write_package(folder: Path, evil: str) -> None:
    (folder / "experiments").mkdir()
    (folder / "experiments" / "__init__.py").write_text(evil, encoding="utf-8")


def _write_compiled_copy(folder: Path, evil: str) -> None:
    """Write the compiled copy of another program, which Python takes without a look at the file."""
    (folder / "other.py").write_text(evil, encoding="utf-8")
    copy = importlib.util.cache_from_source(str(folder / "experiments.py"))
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(folder / "other.py"), cfile=copy, invalidation_mode=unchecked, doraise=True)
    (folder / "other.py").unlink()


def _write_extension(folder: Path, _: str) -> None:
    (folder / f"experiments{importlib.machinery.EXTENSION_SUFFIXES[0]}").write_bytes(b"no library")


def _write_beside(*names: str) -> Callable[[Path, str], None]:
    def write(folder: Path, evil: str) -> None:
        for name in names:
            (folder / f"{name}.py").write_text(evil, encoding="utf-8")

    return write


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(_write_package, id="package of the same name"),
        pytest.param(_write_compiled_copy, id="compiled copy of another program"),
        pytest.param(_write_extension, id="extension module of the same name"),
        pytest.param(_write_beside("__init__", "__main__", "conftest", "sitecustomize"), id="what others run"),
        pytest.param(_write_beside("numpy", "dataclasses", "typing"), id="modules of Python's names"),
    ],
)
def test_named_folder_nothing_but_its_programs_is_run(tmp_path: Path, write: Callable[[Path, str], None]) -> None:
    """What runs is the text of experiments.py, which can be read before, whatever else lies beside it; none is left."""
    folder = copy_tiny(tmp_path / "tiny")
    write(folder, f"open({str(tmp_path / 'run')!r}, 'w')\nEXPERIMENTS = ()\n")
    before = sorted(folder.rglob("*"))

    with add_document_folders([folder]):
        assert "tiny-linear+batches-of-10" in {variant.id for variant in load_catalogue().alternatives}

    assert not (tmp_path / "run").exists()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("verb", [None, "list", "plan", "run", "verdicts", "compare", "report"])
def test_help_says_what_is_run(verb: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks a verb for help reads which files of a document it runs; the README says so too."""
    with pytest.raises(SystemExit):
        build_parser(verb).parse_args(["--help"] if verb is None else [verb, "--help"])

    shown = " ".join(capsys.readouterr().out.split())
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for text in (shown, page):
        assert all(program in text for program in PROGRAMS)
        assert "only what you trust" in text or "only folders you trust" in text
