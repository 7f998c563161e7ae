"""MNIST, verified byte for byte, or the stand-in that says so. Knows no protocol."""
