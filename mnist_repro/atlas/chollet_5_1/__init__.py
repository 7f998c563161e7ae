"""Chollet's Deep Learning with Python, section 5.1."""
