"""Charts, as SVG files. They are drawn by Matplotlib's `Figure` alone, which needs no backend."""

from mnist_repro.records.environment import plot_backend_aside

with plot_backend_aside():
    import matplotlib as mpl  # noqa: F401 - here first
