"""The MNIST example of candle, in Rust."""
