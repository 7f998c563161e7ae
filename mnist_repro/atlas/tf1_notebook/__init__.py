"""A TensorFlow 1 notebook that trains three networks on MNIST."""
