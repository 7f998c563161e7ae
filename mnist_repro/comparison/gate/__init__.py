"""The regression gate: runs held against a baseline, and how often the gate errs."""
