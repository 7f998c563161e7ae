"""The README of Knet.jl: a softmax model, and a network with one hidden layer."""
