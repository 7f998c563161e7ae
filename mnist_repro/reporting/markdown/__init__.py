"""The report as Markdown pages."""
