"""Pure functions on arrays; no I/O, no MNIST. NaN where unknown."""
