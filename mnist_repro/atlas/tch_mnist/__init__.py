"""The MNIST examples of tch-rs, in Rust."""
