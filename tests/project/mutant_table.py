"""Print how many mutants of each module were killed, of those that `mutmut run` made; fail where it is under 90 %.

`tox run -e mutation` runs it at its end. Its output is the table of docs/mutants.md, and a line for each survivor.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict

LEAST = 0.9
# Nothing else counts: a test that a busy machine cut short found nothing.
KILLED = "killed"


def read_results() -> dict[str, str]:
    """Return what became of each mutant, by its name."""
    listed = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"], capture_output=True, text=True, check=True
    )
    pairs = (line.rpartition(": ") for line in listed.stdout.splitlines() if "__mutmut_" in line)
    return {name.strip(): status for name, _, status in pairs}


def count_by_module(results: dict[str, str]) -> dict[str, Counter[bool]]:
    """Count the mutants of each module: those that were killed under True, the others under False."""
    counts: dict[str, Counter[bool]] = defaultdict(Counter)
    for name, status in sorted(results.items()):
        counts[name.split(".")[1]][status == KILLED] += 1
    return counts


def main() -> int:
    """Print the table and the survivors."""
    results = read_results()
    counts = count_by_module(results)
    rows = [
        f"| `{module}` | {count.total()} | {count[True]} | {count[True] / count.total():.1%} |"
        for module, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]
    ]
    survivors = [f"{name}: {status}" for name, status in sorted(results.items()) if status != KILLED]
    head = ["| module | mutants | killed | share |", "| --- | --- | --- | --- |"]
    sys.stdout.write("\n".join([*head, *rows, "", *survivors, ""]))
    return int(not counts or any(count[True] < LEAST * count.total() for count in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
