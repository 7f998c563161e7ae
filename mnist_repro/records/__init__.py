"""Raw values of runs with everything that decides them; append-only; only equal conditions pool."""
