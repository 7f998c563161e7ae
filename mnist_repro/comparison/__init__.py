"""Two sets of runs in, a tested difference out."""
