"""Aymeric Damien's TensorFlow 1 notebook: logistic regression, eager."""
