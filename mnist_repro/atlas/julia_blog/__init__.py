"""A Julia TensorFlow.jl blog post that trains two linear models and one network on MNIST."""
