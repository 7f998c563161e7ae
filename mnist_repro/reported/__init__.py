"""What the documents report, as entries of their `claims.toml`: the forms, and how each is read."""
