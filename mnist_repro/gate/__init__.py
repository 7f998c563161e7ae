"""The regression gate: new runs against a baseline, and how often the answer is wrong."""
