"""Chainer's documentation: MNIST with a manual training loop."""
