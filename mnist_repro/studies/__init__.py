"""Many runs: a plan (reused and missing runs) becomes records, on processes or a cluster."""
