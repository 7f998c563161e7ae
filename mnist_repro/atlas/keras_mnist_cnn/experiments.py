"""The experiment of Keras's example mnist_cnn.py, as it is in Keras 2.3.1: a convolutional network, by Adadelta."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    Adadelta,
    ConstantRate,
    Convolution,
    Dropout,
    EvaluationSet,
    Flatten,
    GlorotUniform,
    ImageSlice,
    Layer,
    MaxPooling,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

EXPERIMENTS = (
    Protocol(
        id="keras-cnn",
        title="Keras's mnist_cnn.py",
        layers=(
            Convolution(filters=32, size=3, activation="relu", weights=GlorotUniform(), biases=Zeros()),
            Convolution(filters=64, size=3, activation="relu", weights=GlorotUniform(), biases=Zeros()),
            MaxPooling(size=2),
            Dropout(keep_probability=0.75),
            Flatten(),
            Layer(units=128, activation="relu", weights=GlorotUniform(), biases=Zeros(), keep_probability=0.5),
            Layer(units=10, activation="softmax", weights=GlorotUniform(), biases=Zeros()),
        ),
        optimizer=Adadelta(learning_rate=ConstantRate(rate=1.0), decay=0.95, epsilon=1e-7),
        training=Training(
            images=ImageSlice(source="train", start=0, stop=60_000),
            batch_size=128,
            periods=12,
            steps_per_period=469,
            restart_each_period=True,
            order="permuted each period",
            last_batch="kept",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),),
        evaluated_each_period=("test",),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"brief": 1, "full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=0.9825),
        reconstructions=(
            Reconstruction(
                choice="epoch of the printed accuracy",
                chosen="the last",
                evidence="The example prints the accuracy of evaluate at its end; the comment says after 12 epochs.",
            ),
            Reconstruction(
                choice="initial weights and order",
                chosen="drawn anew for each run",
                evidence="The example sets no seed.",
            ),
            Reconstruction(
                choice="optimiser",
                chosen="as in Keras 2.3.1: rate 1, decay 0.95, epsilon 1e-7",
                evidence="The example names Adadelta alone. The file is of Keras, whose rate is 1; that of tf.keras is "
                "0.001.",
            ),
        ),
    ),
)
