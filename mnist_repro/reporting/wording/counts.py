"""How much documents report, counted in one way everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_repro.documents.document import Document


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
    return f"{format_plural(numbers, 'number')}, {format_plural(claims, 'claim')}"


def format_plural(count: int, word: str) -> str:
    """Format how many there are of what a word names."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
