"""Aymeric Damien's TensorFlow 2 notebook: neural network."""
