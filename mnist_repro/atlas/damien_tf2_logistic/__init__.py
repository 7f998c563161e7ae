"""Aymeric Damien's TensorFlow 2 notebook: logistic regression."""
