"""The regression gate: today's runs tested against a baseline, and the gate's error rates."""
