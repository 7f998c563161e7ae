"""scikit-learn's example plot_mnist_filters."""
