"""Keras's example mnist_mlp.py as it was first, with 128 units in each hidden layer."""
