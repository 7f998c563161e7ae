"""Chollet's Deep Learning with Python, section 2.1."""
