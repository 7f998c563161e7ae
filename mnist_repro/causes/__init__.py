"""The cause finder: every choice that a document leaves open made otherwise, and what came of it."""
