"""The network of scikit-learn's example, by the defaults of MLPClassifier in scikit-learn 0.24."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    L2,
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Loss,
    Protocol,
    Reconstruction,
    RunningMeans,
    Training,
    Uniform,
)

# Also for biases.
_GLOROT = Uniform(limit=6**0.5, fan="inputs and outputs")
_ALL = ImageSlice(source="train", start=0, stop=60_000)

EXPERIMENTS = (
    Protocol(
        id="sklearn-mnist-filters",
        title="scikit-learn: MLP weights on MNIST",
        layers=(
            Layer(units=50, activation="relu", weights=_GLOROT, biases=_GLOROT),
            Layer(units=10, activation="softmax", weights=_GLOROT, biases=_GLOROT),
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.1), momentum=0.9, nesterov=True),
        # alpha of 1e-4, halved, over the images of a batch
        loss=Loss(penalty=L2(factor=1e-4 / 2 / 200, of="weights", reported=True)),
        training=Training(
            images=_ALL,
            batch_size=200,
            periods=10,
            steps_per_period=300,
            restart_each_period=True,
            order="permuted each period",
        ),
        pixel_divisor=255.0,
        evaluation_sets=(
            EvaluationSet(name="training", images=_ALL),
            EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),
        ),
        evaluated_each_period=(),
        evaluated_at_end=("training", "test"),
        running=RunningMeans(),
        confusion_set="test",
        seeds={"full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=0.96),
        reconstructions=(
            Reconstruction(
                choice="initial values and order",
                chosen="drawn anew for each run",
                evidence="The example sets random_state=1, which gives the same numbers in scikit-learn alone.",
            ),
            Reconstruction(
                choice="what the example leaves to MLPClassifier",
                chosen="ReLU, batches of 200, Nesterov's momentum of 0.9, initial values of weights and biases uniform "
                "up to the root of 6 / (inputs + outputs)",
                evidence="These are the defaults of scikit-learn 0.24.",
            ),
        ),
    ),
)
