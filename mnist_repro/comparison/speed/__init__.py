"""Training speed: the speed gate, other engines, whole studies."""
