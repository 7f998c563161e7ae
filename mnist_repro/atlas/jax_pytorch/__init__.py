"""JAX's documentation: a simple neural network, with PyTorch's data loader."""
