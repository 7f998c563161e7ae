"""The Simple MNIST convnet of keras.io."""
