"""TensorFlow versions compared with each other."""
