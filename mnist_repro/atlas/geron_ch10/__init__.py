"""Géron's Hands-On Machine Learning, chapter 10."""
