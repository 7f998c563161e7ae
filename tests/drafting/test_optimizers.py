"""An optimiser is read with every constant that decides a step; what the draft does not read is said, not guessed."""

from __future__ import annotations

import ast

import pytest

from mnist_repro.documents import Adadelta, Adam, ConstantRate, GradientDescent, RMSprop
from mnist_repro.documents.optimizers import Optimizer
from mnist_repro.drafting.arguments import Gap
from mnist_repro.drafting.optimizers import FoundOptimizer, read_optimizer


def _read(code: str) -> FoundOptimizer | Gap | None:
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call)
    return read_optimizer(call, {"rate": 0.05})


def _declared(code: str) -> Optimizer:
    found = _read(code)
    assert isinstance(found, FoundOptimizer)
    return found.kind(**found.constants)  # type: ignore[arg-type]


def _at(rate: float) -> ConstantRate:
    return ConstantRate(rate=rate)


@pytest.mark.parametrize(
    ("code", "declared"),
    [
        pytest.param("SGD(rate)", GradientDescent(learning_rate=_at(0.05)), id="a name"),
        pytest.param("optimizers.SGD()", GradientDescent(learning_rate=_at(0.01)), id="a default"),
        pytest.param(
            "SGD(lr=0.1, momentum=0.9, nesterov=True, decay=0.0)",
            GradientDescent(learning_rate=_at(0.1), momentum=0.9, nesterov=True),
            id="Nesterov's momentum",
        ),
        pytest.param(
            "SGD(0.1, clipnorm=2)", GradientDescent(learning_rate=_at(0.1), clip_norm=2.0), id="clipped gradients"
        ),
        pytest.param(
            "tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=False)",
            GradientDescent(learning_rate=_at(0.1), momentum=0.9),
            id="TensorFlow 1's momentum",
        ),
        pytest.param(
            "optimizers.MomentumSGD()", GradientDescent(learning_rate=_at(0.01), momentum=0.9), id="Chainer's momentum"
        ),
        pytest.param(
            "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5, weight_decay=0)",
            GradientDescent(learning_rate=_at(0.1), momentum=0.5),
            id="PyTorch's momentum",
        ),
        pytest.param(
            "optim.Adam(model.parameters(), 2e-3, betas=(0.5, 0.9))",
            Adam(learning_rate=_at(0.002), beta_1=0.5, beta_2=0.9, epsilon=1e-8),
            id="PyTorch's Adam",
        ),
        pytest.param(
            "AdamOptimizer(1e-4)",
            Adam(learning_rate=_at(1e-4), beta_1=0.9, beta_2=0.999, epsilon=1e-8),
            id="TensorFlow 1's Adam",
        ),
        pytest.param(
            "model.compile(loss='mse', optimizer='adam')",
            Adam(learning_rate=_at(0.001), beta_1=0.9, beta_2=0.999, epsilon=1e-7),
            id="a text",
        ),
        pytest.param(
            "optim.RMSprop(model.parameters())",
            RMSprop(learning_rate=_at(0.01), decay=0.99, epsilon=1e-8, epsilon_in_root=False),
            id="PyTorch's RMSprop",
        ),
        pytest.param(
            "optim.RMSprop(weights, lr=0.02)",
            RMSprop(learning_rate=_at(0.02), decay=0.99, epsilon=1e-8, epsilon_in_root=False),
            id="PyTorch's weights by a name",
        ),
        pytest.param(
            "Adadelta(lr=1.0, rho=0.9, epsilon=1e-6)",
            Adadelta(learning_rate=_at(1.0), decay=0.9, epsilon=1e-6),
            id="Adadelta",
        ),
    ],
)
def test_read_optimizer_reads_each_kind(code: str, declared: Optimizer) -> None:
    """Every constant is that of the call, or the library's default; what is off is left out."""
    assert _declared(code) == declared


@pytest.mark.parametrize(
    ("code", "constant", "why"),
    [
        pytest.param("SGD(lr=schedule)", "learning_rate", "does not read learning_rate=schedule", id="a rate"),
        pytest.param("GradientDescentOptimizer()", "learning_rate", "the source has none", id="no rate"),
        pytest.param("model.compile('adadelta')", "learning_rate", "Keras's default was 1.0", id="a moved default"),
        pytest.param("model.compile('rmsprop')", "epsilon_in_root", "since TensorFlow 2.11", id="a moved epsilon"),
    ],
)
def test_read_optimizer_says_which_constant_is_open(code: str, constant: str, why: str) -> None:
    """A constant that the source does not tell, or that depends on a version, is a gap among the others."""
    found = _read(code)

    assert isinstance(found, FoundOptimizer)
    assert {name: value for name, value in found.constants.items() if isinstance(value, Gap)} == {
        constant: found.constants[constant]
    }
    assert why in str(found.constants[constant])


@pytest.mark.parametrize(
    ("code", "why"),
    [
        pytest.param("SGD(lr=0.1, decay=1e-6)", "does not read decay=1e-06", id="a rate that decays"),
        pytest.param("SGD(lr=0.1, momentum=kept)", "does not read momentum=kept", id="an unknown momentum"),
        pytest.param("optim.SGD(net.parameters(), 0.1, weight_decay=1e-4)", "weight_decay=0.0001", id="a penalty"),
        pytest.param("optim.Adam(net.parameters(), betas=(0.9,))", "does not read betas=(0.9,)", id="one decay of two"),
        pytest.param("optim.Adam(net.parameters(), betas=(0.9, b))", "betas=(0.9, b)", id="an unknown decay"),
        pytest.param("optim.Adam(net.parameters(), betas=(0.9, 2))", "Adam.beta_2 must be", id="an impossible decay"),
        pytest.param("RMSprop(0.001, centered=True)", "does not read centered=True", id="another form"),
        pytest.param("Adam(0.001, **more)", "does not read **=more", id="arguments elsewhere"),
        pytest.param("Adam(learning_rate=-1)", "ConstantRate.rate must be", id="an impossible rate"),
        pytest.param("RMSPropOptimizer(0.001)", "no experiment has it", id="TensorFlow 1's RMSprop"),
        pytest.param("model.compile(optimizer='nadam')", "no experiment has it", id="another optimiser"),
        pytest.param("optim.Adagrad(net.parameters())", "no experiment has it", id="PyTorch's other"),
    ],
)
def test_read_optimizer_says_why_it_is_not_read(code: str, why: str) -> None:
    """What decides a step and is not read leaves words in the optimiser's place, with the source and the reason."""
    found = _read(code)

    assert isinstance(found, Gap)
    assert found.startswith("the optimiser ")
    assert why in found


@pytest.mark.parametrize("code", ["model.compile(optimizer=optimizer)", "Dense(10)", "fit(x, y)", "parameters()"])
def test_read_optimizer_of_other_calls_is_none(code: str) -> None:
    """Other calls make no optimiser."""
    assert _read(code) is None
