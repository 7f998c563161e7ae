"""The folders of documents: in this package, in installed packages, and where a user names them.

A document's folder holds `claims.toml`, which is data, and programs: `experiments.py`, `alternatives.py`, `faults.py`
and `replay.py`. To add a folder is to run its programs: the very files of these names, which whoever adds it can read.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.resources
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import TypeVar

from mnist_repro.documents.toml_schema import Traversable
from mnist_repro.documents.validation import MisfitError
from mnist_repro.errors import ReproError

FOLDERS_VARIABLE = "MNIST_REPRO_DOCUMENT_FOLDERS"
ENTRY_POINT_GROUP = "mnist_repro.documents"
# By name: its modules import from this package.
_ATLAS = "mnist_repro.atlas"

_RULE = "A document is a folder with claims.toml and experiments.py"
# The packages that named folders are made.
_PREFIX = "mnist_repro_document_"
_NAMED = f"named by --document or {FOLDERS_VARIABLE}"

Declared = TypeVar("Declared")


@dataclass(frozen=True, kw_only=True)
class DocumentFolder:
    """The folder of a document."""

    path: Traversable  #: where it is
    package: str  #: name under which Python imports its modules
    is_named: bool = False  #: whether a user names it, be it this package's

    def has(self, module: str) -> bool:
        """Return whether the folder has a module of this name."""
        return (self.path / f"{module}.py").is_file()

    def load(self, module: str, *, attribute: str, kind: type[Declared]) -> tuple[Declared, ...]:
        """Import a module of the folder and return its tuple `attribute` of objects of type `kind`.

        Raises
        ------
        ReproError
            If there is no such module, it does not run, or declares anything else.
        """
        file = self.path / f"{module}.py"
        if not self.has(module):
            msg = f"{_RULE}; {file} is missing. Write it, with a tuple {attribute} of {kind.__name__}s."
            raise ReproError(msg)
        try:
            found = getattr(importlib.import_module(f"{self.package}.{module}"), attribute, None)
        except MisfitError as error:
            msg = f"{file}{_find_line(error, file=str(file))}: {error}. Correct it there."
            raise ReproError(msg) from error
        # A user's program may do anything, also end.
        except (Exception, SystemExit) as error:
            msg = f"{file} must run without an error. Received: {_describe(error, file=str(file))}. Correct it there."
            raise ReproError(msg) from error
        if not isinstance(found, tuple) or not found or not all(isinstance(each, kind) for each in found):
            msg = (
                f"{file}: {attribute} must be a tuple of {kind.__name__}s that is not empty. "
                f"Received: {_shorten(repr(found))}. Correct it there."
            )
            raise ReproError(msg)
        return found


def _describe(error: BaseException, *, file: str) -> str:
    """Return an exception in one line, with the line of `file` that raised it, if any."""
    return f"{type(error).__name__}: {_shorten(' '.join(str(error).split()))}{_find_line(error, file=file)}"


def _find_line(error: BaseException, *, file: str) -> str:
    """Return the last line of `file` in an exception's traceback, in words; nothing where it has none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines = [error.lineno]
    return f" (line {lines[-1]})" if lines else ""


def _shorten(text: str, *, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


@contextmanager
def add_document_folders(folders: Iterable[Path]) -> Iterator[None]:
    """Add documents within the context, also for child processes.

    Raises
    ------
    ReproError
        If a path cannot be named in an environment variable.
    """
    before = os.environ.get(FOLDERS_VARIABLE)
    paths = [str(folder.absolute()) for folder in folders]
    if unfit := [path for path in paths if os.pathsep in path]:
        msg = f"The path of a document's folder has no {os.pathsep!r}. Received: {unfit[0]}. Rename or move the folder."
        raise ReproError(msg)
    # Child processes read the same variable.
    os.environ[FOLDERS_VARIABLE] = os.pathsep.join([*filter(None, [before]), *paths])
    try:
        yield
    finally:
        if before is None:
            del os.environ[FOLDERS_VARIABLE]
        else:
            os.environ[FOLDERS_VARIABLE] = before


def find_document_folders() -> tuple[DocumentFolder, ...]:
    """Return the folders of all documents: this package's first, then installed ones, then the user's.

    Raises
    ------
    ReproError
        If a named folder is not a folder, or an installed package cannot be found.
    """
    named = {str(folder.path): folder for folder in _named_folders()}
    own = [replace(folder, is_named=named.pop(str(folder.path), None) is not None) for folder in _own_folders()]
    return (*own, *_installed_folders(), *named.values())


def _own_folders() -> Iterator[DocumentFolder]:
    entries = sorted(importlib.resources.files(_ATLAS).iterdir(), key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield DocumentFolder(path=entry, package=f"{_ATLAS}.{entry.name}")


def _installed_folders() -> Iterator[DocumentFolder]:
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        try:
            spec = find_spec(point.value)
        except (Exception, SystemExit) as error:
            msg = f"{_describe_point(point)} Received: {_describe(error, file='')}. {_remedy(point)}"
            raise ReproError(msg) from error
        if spec is None or not spec.submodule_search_locations:
            received = "no module of this name" if spec is None else "a module that is no package"
            msg = f"{_describe_point(point)} Received: {received}. {_remedy(point)}"
            raise ReproError(msg)
        yield DocumentFolder(path=Path(next(iter(spec.submodule_search_locations))), package=point.value)


def _describe_point(point: EntryPoint) -> str:
    return (
        f"An entry point of the group {ENTRY_POINT_GROUP} names a package that is a document's folder; "
        f"{point.name} = {point.value!r} does not."
    )


def _remedy(point: EntryPoint) -> str:
    owner = point.dist.name if point.dist else "the distribution that has it"
    return f"Correct it in {owner}, or uninstall that."


def _named_folders() -> Iterator[DocumentFolder]:
    named = filter(None, os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep))
    # Each folder once, whatever its spelling.
    for path in dict.fromkeys(Path(name).resolve() for name in named):
        if not path.is_dir():
            received = "something else" if path.exists() else "nothing"
            msg = f"{_RULE}. Received: {path}, {_NAMED}, where there is {received}. Correct the path."
            raise ReproError(msg)
        yield DocumentFolder(path=path, package=_make_package(path), is_named=True)


def _make_package(folder: Path) -> str:
    """Make any folder a package, so that its modules may import each other, and return the name."""
    name = f"{_PREFIX}{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    if _SourceFinder not in sys.meta_path:
        sys.meta_path.insert(0, _SourceFinder)
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        importlib.invalidate_caches()
        sys.modules[name] = module_from_spec(spec)
    return name


class _SourceFinder:
    """Finds the modules of named folders in the files that have their names: Python prefers packages and extensions."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, _: object = None) -> ModuleSpec | None:
        package, _, module = name.rpartition(".")
        if not package.startswith(_PREFIX) or not path:
            return None
        file = Path(path[0]) / f"{module}.py"
        loader = _SourceLoader(name, str(file))
        return spec_from_file_location(name, file, loader=loader) if file.is_file() else None


class _SourceLoader(SourceFileLoader):
    """Runs what the file says, whatever a compiled copy beside it says, and leaves none."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - Python's name
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


def check_unique_over_documents(ids: Sequence[tuple[DocumentFolder, str]], *, what: str) -> None:
    """Raise a ReproError that names both folders if two of `ids` are the same."""
    owners: dict[str, DocumentFolder] = {}
    for folder, id_ in ids:
        if id_ in owners:
            first = owners[id_].path
            where = f"in {first} and in {folder.path}" if first != folder.path else f"twice in {first}"
            msg = f"Over all documents, ids of {what} are unique. Received: {id_!r}, {where}. Rename or remove one."
            raise ReproError(msg)
        owners[id_] = folder
