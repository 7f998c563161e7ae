"""Nielsen's Neural Networks and Deep Learning, chapter 1."""
