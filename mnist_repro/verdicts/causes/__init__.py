"""The cause finder: which alternative experiment explains a document's numbers."""
