"""How much documents report, counted in one way everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mnist_repro.documents.document import Document
from mnist_repro.verdicts.environment import EnvironmentResult
from mnist_repro.verdicts.finding import Basis


def count_claims(documents: Iterable[Document]) -> tuple[int, int]:
    """Return how many numbers documents report, and how many claims: a curve, a comparison or a statement is one."""
    found = list(documents)
    numbers = sum(len(document.claims) for document in found)
    curves = {claim.family for document in found for claim in document.claims}
    beside = sum(len(document.comparisons) + len(document.statements) for document in found)
    return numbers, len(curves) + beside


def format_count(documents: Iterable[Document]) -> str:
    """Format how much documents report."""
    numbers, claims = count_claims(documents)
    return f"{numbers:,} numbers, {claims:,} claims"


def summarize_claims(result: EnvironmentResult, documents: Iterable[Document]) -> str:
    """Return sentences on how much is reported, and where it counts."""
    bases = Counter(finding.basis for finding in result.findings)
    return (
        f"In all: {format_count(documents)} (a curve is one claim). Of these, {bases[Basis.RUN]} belong to the "
        f"{len(result.runs)} reported runs and have their verdicts, {bases[Basis.ITSELF]} stand beside them, and "
        f"{bases[Basis.FACT]} are facts that count nothing."
    )
