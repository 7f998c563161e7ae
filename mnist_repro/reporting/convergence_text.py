"""The answer to the Julia post's last task in words, from what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from mnist_repro.convergence import Snapshot

# Correlations of neighbouring pixels up to which a picture is called so.
_LOOKS = ((0.2, "noise"), (0.6, "blurred forms within noise"), (1.0, "smooth forms"))
_ALIKE = 0.8


def describe_convergence(snapshots: Sequence[Snapshot]) -> str:
    """Say what the pictures show after each number of steps, as a paragraph."""
    *early, last = snapshots
    looks = ", ".join(f"after {shown.step:,} steps {_name_look(shown)}" for shown in snapshots)
    settled = next((shown.step for shown in early if shown.with_end >= _ALIKE), None)
    change = (
        f"What they look for is settled after {settled:,} steps; the rest makes it sharper."
        if settled
        else f"What they look for still changes after {early[-1].step:,} steps."
    )
    unmoved = f"{last.unmoved} of {last.units} units still look like what they began as in the end."
    return f"The units show {looks}. {change} {unmoved}"


def list_snapshot_cells(shown: Snapshot) -> list[str]:
    """Return what was measured of a first layer as cells."""
    correlations = (shown.between_neighbours, shown.with_start, shown.with_end)
    return [f"{shown.step:,}", *(f"{value:.2f}" for value in correlations), str(shown.unmoved), f"{shown.spread:.3f}"]


def _name_look(shown: Snapshot) -> str:
    return next(look for most, look in _LOOKS if shown.between_neighbours <= most)
