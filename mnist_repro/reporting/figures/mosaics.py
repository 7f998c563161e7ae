"""Figures of images of 28 x 28 pixels, all in one raster in one SVG file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mnist_repro.reporting.figures.marks import Texts
from mnist_repro.reporting.figures.style import INK, MUTED, WIDTH, svg_figure

_SIDE = 28
# Pixels between two images.
_GAP = 2
# Room for a label under each digit, in pixels.
_LABEL_ROOM = 10

# Purple and orange stand neither for the document nor for our runs. 33 shades are enough for the eye and save a third
# of the file; an odd number has a shade for 0.
_WEIGHTS, _SHADES = "PuOr_r", 33
# Noise does not compress: fewer shades halve the file.
_FEW_SHADES = 11
_SMALL = 9.0
_DIGIT_COLUMNS = 12
# Width of a mosaic, in widths of its colour bar.
_BAR_RATIO = 40

FloatArray = NDArray[np.floating[Any]]


def draw_first_weights(path: Path, *, title: str, weights: FloatArray, names: Sequence[str] = ()) -> None:
    """Draw the weights of each first-layer unit, an array of shape (784, units), as images of 28 x 28.

    Parameters
    ----------
    names
        What stands under the units, of shape (units,); nothing by default.
    """
    values = weights.astype(np.float64)
    limit = _choose_limit(values)
    norm = Normalize(-limit, limit)
    columns, below = _count_columns(values.shape[1]), _LABEL_ROOM if names else _GAP
    mosaic = _arrange(values.T.reshape(-1, _SIDE, _SIDE), columns=columns, below=below)
    height, width = mosaic.shape
    inches = WIDTH if width > height else 6.6
    # Beside the mosaic the colour bar takes about one inch, the title half an inch above.
    inches_high = (inches - 1.05) * height / width + 0.5
    shades = colormaps[_WEIGHTS].resampled(_SHADES)
    about = f"{values.shape[1]} images of 28 x 28 pixels: the weights from each pixel to a unit, scale ±{limit:.2g}."
    with svg_figure(path, title=title, width=inches, height=inches_high, description=about) as figure:
        axes, scale = figure.subplots(1, 2, width_ratios=[_BAR_RATIO, 1])
        _show(axes, mosaic, cmap=shades, norm=norm)
        _name_images(axes, names, columns=columns)
        bar = figure.colorbar(ScalarMappable(norm=norm, cmap=shades), cax=scale, extend="both")
        scale.set_box_aspect(0.8 * _BAR_RATIO * height / width)
        bar.set_label("weight", fontsize=_SMALL)
        scale.tick_params(labelsize=_SMALL)
        bar.locator = MaxNLocator(nbins=4, symmetric=True)
        # Without edges of their own, neighbouring shades let the card shine through.
        if bar.solids is not None:
            bar.solids.set_edgecolor("face")
        bar.outline.set_visible(False)


def draw_snapshots(path: Path, *, title: str, snapshots: Mapping[int, FloatArray]) -> None:
    """Draw the weights of each first-layer unit as images of 28 x 28, a panel for each number of steps.

    Parameters
    ----------
    snapshots
        Arrays of shape (784, units) by training step. Each panel has its own scale, since weights grow.
    """
    mosaics = {
        step: _arrange(values.T.reshape(-1, _SIDE, _SIDE), columns=_count_columns(values.shape[1]), below=_GAP)
        for step, values in snapshots.items()
    }
    limits = {step: _choose_limit(values) for step, values in snapshots.items()}
    scales = {step: f"{step:,} steps, scale ±{limit:.2g}" for step, limit in limits.items()}
    height, width = next(iter(mosaics.values())).shape
    inches = WIDTH / len(mosaics) * height / width + 0.75
    with svg_figure(path, title=title, height=inches, description=f"{'; '.join(scales.values())}.") as figure:
        panels = figure.subplots(1, len(mosaics), squeeze=False)[0]
        for axes, (step, mosaic) in zip(panels, mosaics.items(), strict=True):
            norm = Normalize(-limits[step], limits[step])
            _show(axes, mosaic, cmap=colormaps[_WEIGHTS].resampled(_FEW_SHADES), norm=norm)
            axes.set_title(scales[step], fontsize=10)


def draw_sample_digits(path: Path, *, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Draw digits with their labels.

    Parameters
    ----------
    images
        Array of shape (n, 784), 0 = background; the figure shows dark ink on light paper.
    labels
        Array of shape (n,).
    """
    columns = min(len(images), _DIGIT_COLUMNS)
    mosaic = _arrange(images.reshape(-1, _SIDE, _SIDE).astype(np.float64), columns=columns, below=_LABEL_ROOM)
    title = f"{len(images)} training images with their labels"
    inches = WIDTH * mosaic.shape[0] / mosaic.shape[1] + 0.5
    about = f"Handwritten digits, labelled {', '.join(map(str, labels))}."
    with svg_figure(path, title=title, height=inches, description=about) as figure:
        axes = figure.subplots()
        _show(axes, mosaic, cmap=LinearSegmentedColormap.from_list("ink", ["#f0f1f3", INK]), norm=Normalize(0, 255))
        _name_images(axes, [str(label) for label in labels], columns=columns)


def _name_images(axes: Axes, names: Sequence[str], *, columns: int) -> None:
    """Write a name under each image of a mosaic that has `_LABEL_ROOM` below its images."""
    rows, column = np.divmod(np.arange(len(names)), columns)
    below = rows * (_SIDE + _LABEL_ROOM) + _SIDE - 0.5 + _LABEL_ROOM / 2
    places = np.column_stack([column * (_SIDE + _GAP) + (_SIDE - 1) / 2, below])
    axes.add_artist(Texts(places, names, colours=MUTED, size=_SMALL))


def _choose_limit(weights: FloatArray) -> float:
    """Return the end of the colour scale: with a few extreme weights in it, all others would be pale."""
    return float(np.percentile(np.abs(weights), 99.5)) or 1.0


def _show(axes: Axes, mosaic: FloatArray, *, cmap: Colormap, norm: Normalize) -> None:
    """Show an image pixel by pixel; NaN shows the card."""
    axes.imshow(mosaic, cmap=cmap, norm=norm, interpolation="none")
    axes.set_axis_off()


def _arrange(images: FloatArray, *, columns: int, below: int) -> FloatArray:
    """Put images of shape (n, 28, 28) into one array with NaN between them and `below` pixels under each."""
    rows = math.ceil(len(images) / columns)
    mosaic = np.full((rows * (_SIDE + below), columns * (_SIDE + _GAP)), np.nan)
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        top, left = row * (_SIDE + below), column * (_SIDE + _GAP)
        mosaic[top : top + _SIDE, left : left + _SIDE] = image
    return mosaic[:, :-_GAP]


def _count_columns(images: int) -> int:
    """Return the number of columns of a full grid, at most about twice as wide as high."""
    smallest = math.ceil(math.sqrt(images))
    return next((count for count in range(smallest, 2 * smallest + 1) if images % count == 0), smallest)
