"""The three experiments of the Julia blog post."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    Adam,
    ConstantRate,
    EvaluationSet,
    ImageSlice,
    Layer,
    Normal,
    Protocol,
    Reconstruction,
    Training,
    Zeros,
)

# The document's preprocess_features(range) reads the first length(range) *test* images, whatever the range.
_EVALUATION_SETS = (
    EvaluationSet(name="training", images=ImageSlice(source="test", start=0, stop=7_500)),
    EvaluationSet(name="validation", images=ImageSlice(source="test", start=0, stop=2_500)),
    EvaluationSet(name="test", images=ImageSlice(source="test", start=0, stop=3_000)),
    # What the text names in place of the two last ones.
    EvaluationSet(name="training images 7501-10000", images=ImageSlice(source="train", start=7_500, stop=10_000)),
    EvaluationSet(name="training images 10001-13000", images=ImageSlice(source="train", start=10_000, stop=13_000)),
    ALL_TEST_IMAGES,
)
_EVALUATED_EACH_PERIOD = ("training", "validation", "training images 7501-10000", "all test images")

_RECONSTRUCTIONS = (
    Reconstruction(
        choice="evaluation sets",
        chosen="the first 7,500, 2,500 and 3,000 test images",
        evidence="In [5] and In [22]: the function loops over 1:length(data_range) and reads the test images, so it "
        "never sees the ranges that the text names.",
    ),
    Reconstruction(
        choice="Adam's epsilon",
        chosen="1e-8, added to the uncorrected root",
        evidence="The default of TensorFlow.jl; Keras has 1e-7.",
    ),
    Reconstruction(
        choice="training order",
        chosen="one permutation of the 60,000 training images for each seed, from its start",
        evidence="The document's three runs share one loader and go on where the last one stopped. Under a fresh "
        "permutation that changes no distribution.",
    ),
)


_SEEDS = {"brief": 20, "quick": 40, "versions": 20, "full": 200}


def _training(*, batch_size: int, steps: int) -> Training:
    return Training(
        images=ImageSlice(source="train", start=0, stop=60_000),
        batch_size=batch_size,
        periods=10,
        steps_per_period=steps // 10,
        restart_each_period=False,
    )


def _adam(rate: float, *, clip_norm: float | None) -> Adam:
    return Adam(learning_rate=ConstantRate(rate=rate), beta_1=0.9, beta_2=0.999, epsilon=1e-8, clip_norm=clip_norm)


def _linear(*, rate: float, steps: int, batch_size: int, minimum: float) -> Protocol:
    return Protocol(
        id=f"julia-linear-lr{rate}",
        title=f"Julia post: linear model, rate {rate}",
        layers=(Layer(units=10, activation="softmax", weights=Zeros(), biases=Zeros()),),
        optimizer=_adam(rate, clip_norm=5.0),
        training=_training(batch_size=batch_size, steps=steps),
        pixel_divisor=255.0,
        evaluation_sets=_EVALUATION_SETS,
        evaluated_each_period=_EVALUATED_EACH_PERIOD,
        evaluated_at_end=("validation",),
        confusion_set="validation",
        seeds=_SEEDS,
        gate=AccuracyGate(evaluation_set="validation", minimum=minimum),
        reconstructions=_RECONSTRUCTIONS,
    )


# The network passes a keep probability of 1.0 to dropout, which therefore does nothing.
_SMALL = Normal(standard_deviation=0.01)

EXPERIMENTS = (
    _linear(rate=0.02, steps=100, batch_size=10, minimum=0.76),
    _linear(rate=0.003, steps=1_000, batch_size=30, minimum=0.88),
    Protocol(
        id="julia-mlp-100x100",
        title="Julia post: network 784-100-100-10",
        layers=(
            Layer(units=100, activation="relu", weights=_SMALL, biases=_SMALL),
            Layer(units=100, activation="relu", weights=_SMALL, biases=_SMALL),
            Layer(units=10, activation="softmax", weights=_SMALL, biases=_SMALL),
        ),
        optimizer=_adam(0.003, clip_norm=None),
        training=_training(batch_size=30, steps=1_000),
        pixel_divisor=255.0,
        evaluation_sets=_EVALUATION_SETS,
        evaluated_each_period=_EVALUATED_EACH_PERIOD,
        evaluated_at_end=("validation", "test"),
        confusion_set="validation",
        seeds=_SEEDS,
        gate=AccuracyGate(evaluation_set="validation", minimum=0.92),
        # Its last task asks for the pictures after 10, 100 and 1,000 steps.
        pictured_steps=(10, 100),
        reconstructions=(
            *_RECONSTRUCTIONS,
            Reconstruction(
                choice="initial weights and biases",
                chosen="N(0, 0.01^2)",
                evidence="The default of get_variable in TensorFlow.jl, which the document does not override.",
            ),
        ),
    ),
)
