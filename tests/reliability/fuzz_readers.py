"""Coverage-guided fuzzing of the readers of claims and records: a program of its own, as Atheris needs it.

Usage: python tests/reliability/fuzz_readers.py claims|records [options of libFuzzer, such as -runs=100000 -seed=1]

Whatever the bytes, a reader returns what it read, or raises ReproError; anything else ends the program.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["mnist_repro"]):
    from mnist_repro.documents.document import load_document
    from mnist_repro.errors import ReproError
    from mnist_repro.records.run import format_record, parse_record
    from mnist_repro.records.store import RecordStore

ROOT = Path(__file__).parents[2]
SAMPLES = {
    "claims": sorted((ROOT / "mnist_repro" / "atlas").glob("*/claims.toml")),
    "records": sorted((ROOT / "tests" / "support" / "data").glob("runs-schema-*.jsonl")),
}


def main() -> None:
    """Fuzz one of the readers."""
    what = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, sample in enumerate(SAMPLES[what]):
            (corpus / str(number)).write_bytes(sample.read_bytes())
        read = {"claims": read_claims, "records": read_records}[what]
        atheris.Setup([*sys.argv, str(corpus)], lambda content: read(folder, content))
        atheris.Fuzz()


def read_claims(folder: Path, content: bytes) -> None:
    """Load a document."""
    (folder / "claims.toml").write_bytes(content)
    with suppress(ReproError):
        load_document(folder)


def read_records(folder: Path, content: bytes) -> None:
    """Read a store; what is read is written and read as the same."""
    store = RecordStore(folder)
    store.file.write_bytes(content)
    try:
        records = store.read()
    except ReproError:
        return
    assert [parse_record(format_record(record)) for record in records] == records


if __name__ == "__main__":
    main()
