"""Print the shares of lines and branches that tests ran, as docs/mutants.md has them; fail where either is under 95 %.

    coverage json -o FILE
    python tests/project/branch_share.py FILE

`tox run -e coverage` runs both at its end. What `coverage report` calls a share is that of lines and branches together,
in which the many lines outweigh the branches.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

LEAST = 0.95


def main() -> int:
    """Print the table."""
    totals = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["totals"]
    branches = (totals["covered_branches"], totals["num_branches"])
    lines = (totals["covered_lines"], totals["num_statements"])
    shares = {
        "lines and branches together": (lines[0] + branches[0], lines[1] + branches[1]),
        "branches alone": branches,
    }
    rows = [f"| {what} | {run / of:.1%} ({run:,} of {of:,}) |" for what, (run, of) in shares.items()]
    sys.stdout.write("\n".join(["| measured | share |", "| --- | --- |", *rows, ""]))
    return int(any(run < LEAST * of for run, of in shares.values()))


if __name__ == "__main__":
    sys.exit(main())
