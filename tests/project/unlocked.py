"""Name what is installed beside this Python and not in a lock, or in another version; fail where anything is.

    python tests/project/unlocked.py locks/reference.txt

A lock is a constraint of the installation, and a constraint lets pass what it does not name: a dependency that a new
version of a package brought, or one that pyproject.toml has and the lock lacks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

# This project, and what makes environments and leaves itself in them.
_EXEMPT = frozenset({"mnist-repro", "pip", "setuptools", "wheel"})
_PIN = re.compile(r"^([a-z0-9][a-z0-9-]*)==([^ ;\\]+)", re.MULTILINE)


def list_unlocked(installed: Iterable[tuple[str, str]], lock: str) -> list[str]:
    """Return the packages, given with their versions, that a lock does not pin."""
    pinned = set(_PIN.findall(lock))
    named = {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in installed}
    return sorted(f"{name} {version}" for name, version in named - pinned if name not in _EXEMPT)


def main() -> int:
    """Name them."""
    lock = Path(sys.argv[1])
    installed = ((each.metadata["Name"], each.version) for each in distributions())
    unlocked = list_unlocked(installed, lock.read_text(encoding="utf-8"))
    if unlocked:
        sys.stderr.write(
            f"What is installed is what {lock} pins; it lacks {', '.join(unlocked)}. Where an earlier lock had it, "
            "`tox run --recreate` removes it; else CONTRIBUTING.md says how the lock is moved.\n"
        )
    return int(bool(unlocked))


if __name__ == "__main__":
    sys.exit(main())
