"""Records and documents in, verdicts out: each claim measured once, tested and explained."""
