"""Documents whose reported numbers are examined: one folder each, with `claims.toml` and `experiments.py`."""
