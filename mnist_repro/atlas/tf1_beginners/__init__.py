"""TensorFlow's tutorial MNIST For ML Beginners."""
