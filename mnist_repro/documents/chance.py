"""Whether chance has any part in an experiment. Where it has none, one run is all runs, up to rounding."""

from __future__ import annotations

from mnist_repro.documents.layers import AnyLayer, Constant, Dropout, Layer, Weighted, Zeros
from mnist_repro.documents.protocol import Profile, Protocol

_FIXED = Zeros | Constant


def is_deterministic(protocol: Protocol) -> bool:
    """Return whether a seed decides nothing: no initial value, order, mask or split is drawn.

    Whatever else a layer starts from is taken to be drawn.
    """
    fixed = protocol.training.order == "as stored" and protocol.split == "in order"
    return fixed and all(_draws_nothing(layer) for layer in protocol.layers)


def _draws_nothing(layer: AnyLayer) -> bool:
    if isinstance(layer, Layer | Dropout) and layer.keep_probability < 1:
        return False
    return not isinstance(layer, Weighted) or (
        isinstance(layer.weights, _FIXED) and isinstance(layer.biases, _FIXED | None)
    )


def count_seeds(protocol: Protocol, profile: Profile) -> int:
    """Return the number of runs of an experiment in a profile: one where chance has no part in it."""
    return 1 if is_deterministic(protocol) else protocol.seeds[profile]
