"""JAX's documentation: a simple neural network, with TensorFlow Datasets."""
