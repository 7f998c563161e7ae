"""TensorFlow versions held against each other."""
