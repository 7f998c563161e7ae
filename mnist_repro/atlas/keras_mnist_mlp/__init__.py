"""Keras's example mnist_mlp.py, with 512 units in each hidden layer."""
