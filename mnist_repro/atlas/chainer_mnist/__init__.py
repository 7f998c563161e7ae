"""Chainer's documentation: MNIST using Trainer."""
