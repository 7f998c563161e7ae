"""The answer to the Julia post's last task in words, from what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from mnist_repro.convergence import Snapshot

# Correlations of neighbouring pixels up to which a picture is called so.
_LOOKS = ((0.2, "noise"), (0.6, "blurred forms within noise"), (1.0, "smooth forms"))
_ALIKE = 0.8


def describe_convergence(snapshots: Sequence[Snapshot]) -> str:
    """Say what the pictures show after each number of steps, as a paragraph; empty where there are none."""
    if not snapshots:
        return ""
    parts = [
        f"After {shown.step:,} steps: {_name_look(shown)} (correlation of pixels side by side "
        f"{shown.between_neighbours:.2f}, of a unit with what it began as {shown.with_start:.2f}, with what it ends as "
        f"{shown.with_end:.2f}; {shown.unmoved} of {shown.units} units still look like what they began as; "
        f"standard deviation of the weights {shown.spread:.3f})."
        for shown in snapshots
    ]
    settled = next((shown for shown in snapshots[:-1] if shown.with_end >= _ALIKE), None)
    if settled:
        parts.append(f"What the units look for is settled after {settled.step:,} steps; the rest makes it sharper.")
    else:
        parts.append("What the units look for still changes after that.")
    return " ".join(parts)


def _name_look(shown: Snapshot) -> str:
    return next(look for most, look in _LOOKS if shown.between_neighbours <= most)
