"""Write what is done in each experiment for `tf1_session.py`, which cannot import the package.

python benchmarks/era/write_protocols.py
"""

from __future__ import annotations

import json
from pathlib import Path

from mnist_repro.documents.catalogue import load_catalogue

FILE = Path(__file__).parent / "protocols.json"


def format_protocols() -> str:
    """Return all protocols as JSON, with their hashes."""
    described = {
        name: {**protocol.describe(), "sha256": protocol.sha256, "seeds": dict(protocol.seeds)}
        for name, protocol in load_catalogue().protocols.items()
    }
    return json.dumps(described, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(format_protocols(), encoding="utf-8", newline="\n")
