"""Versions of TensorFlow side by side: on which the documents' numbers hold, and what changed between them."""
