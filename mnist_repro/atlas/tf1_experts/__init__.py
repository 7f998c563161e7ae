"""TensorFlow's tutorial Deep MNIST for Experts."""
