"""One run: a protocol, a dataset and a seed become a record. Alone imports TensorFlow; writes no file."""
