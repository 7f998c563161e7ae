"""The softmax regression of TensorFlow 1's tutorial for beginners."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

EXPERIMENTS = (
    Protocol(
        id="tf1-beginners",
        title="MNIST For ML Beginners",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.5)),
        # The first 5,000 images are the validation set of `read_data_sets`.
        training=Training(
            images=ImageSlice(source="train", start=5_000, stop=60_000),
            batch_size=100,
            periods=1,
            steps_per_period=1_000,
            restart_each_period=False,
            order="permuted each period",
            last_batch="carried over",
            repeats_batches=True,
        ),
        pixel_divisor=255.0,
        evaluation_sets=(EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),),
        evaluated_each_period=(),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=0.91),
        reconstructions=(
            Reconstruction(
                choice="order",
                chosen="drawn anew for each run, and each time that all images were used",
                evidence="The page speaks of random batches; next_batch shuffles the images, without a seed.",
            ),
        ),
    ),
)
