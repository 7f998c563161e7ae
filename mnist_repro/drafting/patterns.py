"""Regular expressions that cover what is no claim, and no claim."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from mnist_repro.drafting.grammar import ParsedLine

_CONTEXT = 12
_LONG = 120
_MOST_PATTERNS = 2_000


def make_patterns(
    lines: Mapping[int, ParsedLine], *, claimed: Mapping[int, Collection[str]]
) -> tuple[dict[str, str], list[int]]:
    """Return patterns with their reasons, and the lines whose numbers no pattern can tell from a claim.

    Parameters
    ----------
    lines
        Each printed line, by its number.
    claimed
        The printed texts of the claims of each line.

    Raises
    ------
    ValueError
        If they are too many.
    """
    with_claims = [(lines[number].text, _spans(lines[number])) for number in claimed]
    patterns: dict[str, str] = {}
    reasons: dict[str, set[str]] = defaultdict(set)
    left = []
    for number, line in lines.items():
        if number not in claimed:
            if line.excused and not _cover_line(line, with_claims, patterns, reasons):
                left.append(number)
            continue
        for start, stop, reason in line.excused:
            if not any(character.isdigit() for character in line.text[start:stop]):
                continue
            found = next((p for p in _candidates(line, start, stop) if _is_apart(p, with_claims)), None)
            if found is None:
                left.append(number)
            else:
                patterns[found] = reason
        if len(patterns) > _MOST_PATTERNS:
            msg = f"its printed lines have more than {_MOST_PATTERNS:,} forms"
            raise ValueError(msg)
    return {pattern: " ".join(sorted(reasons[pattern])) or patterns[pattern] for pattern in patterns}, left


def _spans(line: ParsedLine) -> list[tuple[int, int]]:
    return [(value.start, value.stop) for value in line.values]


def _cover_line(
    line: ParsedLine,
    with_claims: Sequence[tuple[str, list[tuple[int, int]]]],
    patterns: dict[str, str],
    reasons: dict[str, set[str]],
) -> bool:
    """Cover a line without claims as a whole."""
    start, end = (line.text, "$") if len(line.text) <= _LONG else (line.text[:_LONG].rstrip("0123456789"), ".*$")
    for pattern in (f"^{_generalize(start)}{end}", f"^{re.escape(start)}{end}"):
        if pattern in patterns or _is_apart(pattern, with_claims):
            patterns[pattern] = ""
            reasons[pattern] |= {reason for *_, reason in line.excused}
            return True
    return False


def _generalize(text: str) -> str:
    """Return a pattern of a text with any digits in the place of its own."""
    return r"\d+".join(_escape(part) for part in re.split(r"\d+", text))


def _escape(text: str) -> str:
    # Fewer letters than re.escape: a person reads it.
    return re.sub(r"[\\.^$*+?{}\[\]|()]", r"\\\g<0>", text)


def _candidates(line: ParsedLine, start: int, stop: int) -> Iterator[str]:
    """Yield patterns of a span of a line, the most general first."""
    before, inside, after = line.text[:start], line.text[start:stop], line.text[stop:]
    left = re.split(r"\d", before)[-1][-_CONTEXT:]
    right = re.split(r"\d", after)[0][:_CONTEXT]
    head = "^" if left == before else ""
    foot = "$" if right == after else ""
    behind = f"(?<={head}{_escape(left)})" if left else head
    ahead = f"(?={_escape(right)}{foot})" if right else foot
    yield f"{behind}{_generalize(inside)}{ahead}"
    yield f"{behind}{_escape(inside)}{ahead}"
    yield f"(?<=^{_escape(before)}){_escape(inside)}(?={_escape(after)}$)"


def _is_apart(pattern: str, with_claims: Sequence[tuple[str, list[tuple[int, int]]]]) -> bool:
    """Return whether a pattern covers no claim's column."""
    compiled = re.compile(pattern)
    return all(
        match.end() <= first or match.start() >= last
        for text, spans in with_claims
        for match in compiled.finditer(text)
        for first, last in spans
    )
