"""A study on an existing Dask cluster."""
