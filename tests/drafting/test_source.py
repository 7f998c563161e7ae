"""What source says is found in its syntax tree, and nothing of it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_repro.documents import Adam, ConstantRate, GlorotUniform, GradientDescent, Layer, Zeros
from mnist_repro.drafting.optimizers import FoundOptimizer
from mnist_repro.drafting.recipe import read_recipe
from mnist_repro.drafting.source import find_example, find_results, guess_sets
from mnist_repro.drafting.vocabulary import Meaning

KERAS = """
from keras import Sequential
%matplotlib inline
batch_size, hidden = 128, 2 ** 9
x_val = x_train[:10000]
partial_x_train = x_train[10000:]
x_train = x_train.astype("float32") / 255
model = Sequential([
    Dense(hidden, activation="relu"),
    Dropout(0.2),
    Dense(10),
    Activation("softmax"),
])
model.compile(optimizer=Adam(learning_rate=1e-3), loss="categorical_crossentropy")
"""


@pytest.mark.parametrize(
    ("fit", "trained_on", "validation"),
    [
        pytest.param("x_train, y_train, validation_split=0.1", "train:0-54000", "train:54000-60000", id="a split"),
        pytest.param("x_train, y_train, validation_data=(x_test, y_test)", "train:0-60000", "test:0-10000", id="test"),
        pytest.param(
            "partial_x_train, y, validation_data=(x_val, y_val)", "train:10000-60000", "train:0-10000", id="slices"
        ),
        pytest.param("x_train, y_train, validation_data=load()", "train:0-60000", None, id="not said"),
    ],
)
def test_read_recipe_of_keras_finds_what_the_source_tells(fit: str, trained_on: str, validation: str | None) -> None:
    """Layers, optimiser, batch, epochs, pixels and images are those of the calls, each with its cell."""
    recipe = read_recipe([("In [1]", KERAS), ("In [2]", f"model.fit({fit}, epochs=5, batch_size=batch_size)")])

    assert recipe.layers == [
        Layer(units=512, activation="relu", weights=GlorotUniform(), biases=Zeros(), keep_probability=0.8),
        Layer(units=10, activation="softmax", weights=GlorotUniform(), biases=Zeros()),
    ]
    assert recipe.optimizer == FoundOptimizer(
        Adam, {"learning_rate": ConstantRate(rate=0.001), "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    )
    assert (recipe.batch_size, recipe.epochs, recipe.pixel_divisor) == (128, 5, 255.0)
    assert (recipe.trained_on, recipe.validation) == (trained_on, validation)
    assert (recipe.cells["layers"], recipe.cells["epochs"]) == ("In [1]", "In [2]")


def test_read_recipe_of_tensorflow_1_finds_constants_and_optimizer() -> None:
    """Where no call of fit says it, constants with telling names do."""
    code = "nb_epoch = 10\nbatch_size = 1000\nlearning_rate = 0.5\nstep = GradientDescentOptimizer(learning_rate)"

    recipe = read_recipe([("In [7]", code)])

    assert (recipe.epochs, recipe.batch_size) == (10, 1000)
    assert recipe.optimizer == FoundOptimizer(GradientDescent, {"learning_rate": ConstantRate(rate=0.5)})
    assert recipe.layers == []


@pytest.mark.parametrize(
    ("code", "loss"),
    [
        pytest.param("model.compile('sgd', 'mse')", "the loss: the source has mse", id="a text"),
        pytest.param(
            "model.compile(loss=losses.MeanSquaredError())", "the loss: the source has MeanSquaredError", id="a call"
        ),
        pytest.param("criterion = nn.BCELoss()", "the loss: the source has BCELoss", id="PyTorch's"),
        pytest.param(
            "model.compile('sgd', 'mse')\nmodel.compile('sgd', 'categorical_crossentropy')", None, id="the last"
        ),
        pytest.param("criterion = nn.CrossEntropyLoss()", None, id="cross entropy"),
        pytest.param("model.compile(metrics=['mse'])", None, id="a metric"),
    ],
)
def test_read_recipe_tells_a_loss_that_is_no_cross_entropy(code: str, loss: str | None) -> None:
    """Cross entropy is what an experiment has by default; another loss is said, not passed over."""
    assert read_recipe([("In [1]", code)]).loss == loss


@pytest.mark.parametrize(
    ("given", "is_shuffled", "counts_steps"),
    [("", True, False), (", shuffle=False", False, False), (", steps_per_epoch=10", True, True)],
)
def test_read_recipe_of_fit_reads_order_and_steps(given: str, *, is_shuffled: bool, counts_steps: bool) -> None:
    """What `fit` is told of the order of the images, and of the steps of a period."""
    recipe = read_recipe([("In [1]", f"model.fit(x, y{given})")])

    assert (recipe.is_shuffled, recipe.counts_steps) == (is_shuffled, counts_steps)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("open(FILE, 'w').write('x')", id="writes a file"),
        pytest.param("import os; os.system('touch ' + FILE)", id="runs a program"),
        pytest.param("batch_size = __import__('os').mkdir(FILE)", id="in an expression"),
        pytest.param("batch_size = 9 ** 9 ** 9 ** 9", id="a power without end"),
        pytest.param("batch_size = 1 / 0", id="a division by zero"),
        pytest.param("(" * 5_000 + ")" * 5_000, id="nested without end"),
        pytest.param("x = " + "-" * 50_000 + "1", id="signs without end"),
        pytest.param("batch_size = " + "-" * 1_500 + "1", id="signs that can be parsed"),
        pytest.param("def f(:", id="no Python"),
        pytest.param("x = 1\x00", id="a zero byte"),
    ],
)
def test_reading_source_runs_none_of_it(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the source would do is not done, and reading it ends."""
    monkeypatch.chdir(tmp_path)
    code = code.replace("FILE", "'made'")

    recipe = read_recipe([("In [1]", code)])

    assert recipe.batch_size is None
    assert find_results(code) == []
    assert guess_sets([code]) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "results"),
    [
        pytest.param("test_acc", [("accuracy", "test")], id="a name"),
        pytest.param("model.evaluate(x_test, y_test)", [("loss", "test"), ("accuracy", "test")], id="evaluate"),
        pytest.param("clf.score(X_val, y_val)", [("accuracy", "validation")], id="score"),
        pytest.param("test_loss, test_acc", [("loss", "test"), ("accuracy", "test")], id="two names"),
        pytest.param("s = model.evaluate(x_test, y)\ns", [("loss", "test"), ("accuracy", "test")], id="assigned"),
        pytest.param("x = 1", [], id="no expression"),
        pytest.param("plot(p1)", [], id="another call"),
    ],
)
def test_find_results_names_what_the_last_line_shows(code: str, results: list[tuple[str, str]]) -> None:
    """A value that stands alone has the name that its source gives it."""
    assert find_results(code) == [Meaning(*result) for result in results]


def test_find_results_of_a_name_are_on_what_it_was_computed_from() -> None:
    """What an earlier cell computed from test images is of these, whatever the name says."""
    before = ["loss_val = 0", "acc_val = accuracy.eval(feed_dict={X: X_test, y: y_test})"]

    assert find_results("acc_val", before) == [Meaning("accuracy", "test")]
    assert find_results("acc_val") == [Meaning("accuracy", "validation")]


@pytest.mark.parametrize(
    ("code", "example"),
    [
        pytest.param("trainlabel(72)", 72, id="Julia counts from 1"),
        pytest.param("y_train[0]", 1, id="Python counts from 0"),
        pytest.param("test_labels[3]", None, id="a test image"),
        pytest.param("trainlabel(99999)", None, id="no such image"),
    ],
)
def test_find_example_is_the_training_image_whose_label_is_shown(code: str, example: int | None) -> None:
    """Training images are counted from 1, as claims count them."""
    assert find_example(f"x = 1\n{code}") == example


@pytest.mark.parametrize(
    "printing",
    [
        pytest.param('print("Epoch", epoch, "Loss :", str(loss))', id="arguments"),
        pytest.param('print(f"Epoch {epoch} loss: {loss:.3f}")', id="an f-string"),
        pytest.param('print("Epoch {} loss: {:.3f}".format(epoch, loss))', id="format"),
        pytest.param('print("Epoch %d loss: %.3f" % (epoch, loss))', id="a percent sign"),
    ],
)
@pytest.mark.parametrize(("images", "on"), [("valid_img", "validation"), ("x_test", "test"), ("train_x", "training")])
def test_guess_sets_follows_variables_to_the_images(printing: str, images: str, on: str) -> None:
    """What is printed under a name was measured on the images that its variable comes from."""
    code = f"feed = {{X: {images}}}\nloss = sess.run(cost, feed_dict=feed)\n{printing}"

    assert guess_sets([code])["loss"] == on
