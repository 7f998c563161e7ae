"""Do the MNIST results that two public documents report still reproduce?"""
