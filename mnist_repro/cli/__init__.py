"""Command line: options in, exit code out; no calculation."""
