"""Keras's example mnist_cnn.py."""
