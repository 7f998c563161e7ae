"""The verbs of `mnist-repro export`: an environment's results in the forms of other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from mnist_repro.claims import load_documents
from mnist_repro.errors import ReproError
from mnist_repro.mlflow_runs import export_runs
from mnist_repro.pools import pool_runs
from mnist_repro.protocols import load_protocols
from mnist_repro.records import open_store
from mnist_repro.reporting.benchmark_json import format_benchmark
from mnist_repro.reporting.environment_summary import summarize_environment


def export_benchmark(options: argparse.Namespace, console: Console) -> int:
    """Write accuracies or times as a benchmark-tracking action reads them."""
    store = open_store(options.records, environment=options.environment)
    result = summarize_environment(store, documents=load_documents(), protocols=load_protocols())
    text = format_benchmark(result, measure=options.measure)
    if options.output is None:
        console.file.write(text)
        return 0
    _write(options.output, text)
    console.print(f"Wrote {options.output}", highlight=False, soft_wrap=True)
    return 0


def export_mlflow(options: argparse.Namespace, console: Console) -> int:
    """Add an environment's runs to an MLflow store."""
    store = open_store(options.records, environment=options.environment)
    protocols = load_protocols()
    records = store.read()
    pools = [
        pool_runs(records, experiment=name, protocol_sha256=protocol.sha256).records
        for name, protocol in protocols.items()
    ]
    runs = [record for pool in pools for record in pool]
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("runs", total=len(runs))
        exported = export_runs(
            runs,
            protocols=protocols,
            environment=store.environment,
            uri=options.uri,
            on_run=lambda: progress.advance(task),
        )
    console.print(f"{exported.added} runs added, {exported.present} there already.", highlight=False)
    return 0


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"--output names {file}, and that cannot be written: {error}. Correct it."
        raise ReproError(msg) from error
