"""Charts, as SVG files."""
