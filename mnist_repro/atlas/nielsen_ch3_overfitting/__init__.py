"""Nielsen's Neural Networks and Deep Learning, chapter 3: the data of the figures on overfitting."""
