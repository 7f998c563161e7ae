"""The network of Nielsen's chapter 3 that overfits 1,000 images, and what it has in common with the regularized one."""

from __future__ import annotations

from mnist_repro.documents import (
    ALL_TEST_IMAGES,
    AccuracyGate,
    ConstantRate,
    EvaluationSet,
    GradientDescent,
    ImageSlice,
    Layer,
    Loss,
    Normal,
    Protocol,
    Reconstruction,
    Training,
)

_STANDARD = Normal(standard_deviation=1.0)
_FIRST = ImageSlice(source="train", start=0, stop=1_000)


def thousand_images(name: str, title: str, *, loss: Loss, minimum: float) -> Protocol:
    """Return the training of 30 hidden neurons on 1,000 images, for 400 epochs."""
    return Protocol(
        id=f"nielsen-{name}",
        title=f"Nielsen, chapter 3: {title}",
        layers=tuple(
            Layer(units=units, activation="sigmoid", weights=_STANDARD, biases=_STANDARD) for units in (30, 10)
        ),
        optimizer=GradientDescent(learning_rate=ConstantRate(rate=0.5)),
        loss=loss,
        training=Training(
            images=_FIRST,
            batch_size=10,
            periods=400,
            steps_per_period=100,
            restart_each_period=True,
            order="permuted each period",
        ),
        pixel_divisor=256.0,
        evaluation_sets=(
            EvaluationSet(name="test", images=ALL_TEST_IMAGES.images),
            EvaluationSet(name="training", images=_FIRST),
        ),
        evaluated_each_period=("test", "training"),
        evaluated_at_end=("test",),
        confusion_set="test",
        seeds={"full": 20},
        gate=AccuracyGate(evaluation_set="test", minimum=minimum),
        reconstructions=(
            Reconstruction(
                choice="pixel divisor",
                chosen="256",
                evidence="The code reads mnist.pkl.gz as it is. Lasagne's example divides by 256 to have the pixels of "
                "that file.",
            ),
            Reconstruction(
                choice="initial values and order",
                chosen="drawn anew for each run",
                evidence="The code sets a seed, which gives the same numbers with its own versions alone.",
            ),
        ),
    )


EXPERIMENTS = (thousand_images("overfitting", "1,000 images", loss=Loss(kind="cross entropy per class"), minimum=0.8),)
