"""What claims, protocols and variants are, and how a document's folder is loaded and checked."""
