"""Tells of every number that two public documents report on MNIST whether it reproduces."""
