"""Theano tutorial: logistic regression."""
