"""Read an optimiser from the call that makes it, as an experiment declares it, with a gap for each unread constant."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mnist_repro.documents.optimizers import Adadelta, Adam, ConstantRate, GradientDescent, Optimizer, RMSprop
from mnist_repro.documents.validation import MisfitError
from mnist_repro.drafting.arguments import Arguments, Gap, UnreadError
from mnist_repro.drafting.expressions import Number, call_name, evaluate, find_argument, read_text

# What Keras's `compile` takes in place of an optimiser.
_BY_NAME = {
    "sgd": "SGD",
    "adam": "Adam",
    "rmsprop": "RMSprop",
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adamax": "Adamax",
    "nadam": "Nadam",
}
# Optimisers that no experiment has. TensorFlow 1's RMSprop starts from mean squares of 1.
_OTHER = frozenset(
    {"RMSPropOptimizer", "Adagrad", "AdagradOptimizer", "Adamax", "Nadam", "AdamW", "Ftrl", "Lion", "LBFGS"}
)
_NAMES = {
    "lr": "learning_rate",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "alpha": "rho",
    "eps": "epsilon",
    "clipnorm": "clip_norm",
    "use_nesterov": "nesterov",
}
_WITHOUT_EFFECT = frozenset({"params", "name", "use_locking", "foreach", "fused", "jit_compile"})
_BETAS = [0.9, 0.999]
_NO_RATE = Gap("the learning rate: the source has none")
# Defaults that changed from version to version.
_KERAS_ADADELTA = Gap("the learning rate: Keras's default was 1.0, and is 0.001 since TensorFlow 2")
_KERAS_ROOT = Gap(
    "whether epsilon is added before the root is taken: Keras's is since TensorFlow 2.11, and was not before"
)


@dataclass(frozen=True)
class FoundOptimizer:
    """An optimiser as the source has it."""

    kind: type[Optimizer]
    constants: Mapping[str, object]  #: values of its fields by name, a `Gap` where one is not read


class _Arguments(Arguments):
    """Arguments of an optimiser."""

    def rate(self, default: float | Gap) -> ConstantRate | Gap:
        """Return the learning rate."""
        if not self.has("learning_rate"):
            return default if isinstance(default, Gap) else ConstantRate(rate=default)
        try:
            return ConstantRate(rate=float(self.number("learning_rate")))
        except UnreadError as error:
            return Gap(f"the learning rate: {error}")

    def clipping(self) -> dict[str, float]:
        """Return the largest norm of a gradient, where there is one."""
        return {"clip_norm": float(self.number("clip_norm"))} if self.has("clip_norm") else {}

    def betas(self) -> list[Number]:
        """Return the two decays that PyTorch's Adam has as one argument."""

        def read(node: ast.expr) -> list[Number] | None:
            known = [value for each in getattr(node, "elts", ()) if (value := evaluate(each, self.names)) is not None]
            return known if len(known) == len(_BETAS) else None

        both: list[Number] = self.read("betas", read, _BETAS)
        return both

    def check_unread(self, name: str, node: ast.expr) -> None:
        """Let pass what has no effect, and what is off."""
        is_off = isinstance(node, ast.Constant) and not node.value
        if name not in _WITHOUT_EFFECT and not is_off:
            super().check_unread(name, node)


_Declare: TypeAlias = Callable[[_Arguments], FoundOptimizer]


def _descent(rate: float | Gap, *, momentum: float | None = 0.0) -> _Declare:
    """Return what reads gradient descent with these defaults; None has none."""

    def declare(found: _Arguments) -> FoundOptimizer:
        constants = {"learning_rate": found.rate(rate), **found.clipping()}
        kept, nesterov = found.number("momentum", momentum), found.flag("nesterov", default=False)
        accelerated = {"momentum": kept, "nesterov": nesterov} if kept else {}
        return FoundOptimizer(GradientDescent, constants | accelerated)

    return declare


def _adam(*, epsilon: float, has_pair: bool = False) -> _Declare:
    def declare(found: _Arguments) -> FoundOptimizer:
        rate = found.rate(0.001)
        beta_1, beta_2 = found.betas() if has_pair else [found.number("beta_1", 0.9), found.number("beta_2", 0.999)]
        constants = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": found.number("epsilon", epsilon)}
        return FoundOptimizer(Adam, {"learning_rate": rate, **constants, **found.clipping()})

    return declare


def _rmsprop(rate: float, *, decay: float, epsilon: float, in_root: bool | Gap) -> _Declare:
    def declare(found: _Arguments) -> FoundOptimizer:
        constants = {"decay": found.number("rho", decay), "epsilon": found.number("epsilon", epsilon)}
        learning_rate = found.rate(rate)
        return FoundOptimizer(
            RMSprop, {"learning_rate": learning_rate, **constants, "epsilon_in_root": in_root, **found.clipping()}
        )

    return declare


def _adadelta(rate: float | Gap, *, decay: float, epsilon: float) -> _Declare:
    def declare(found: _Arguments) -> FoundOptimizer:
        constants = {"decay": found.number("rho", decay), "epsilon": found.number("epsilon", epsilon)}
        return FoundOptimizer(Adadelta, {"learning_rate": found.rate(rate), **constants, **found.clipping()})

    return declare


# Each optimiser's arguments by position, and what reads them with the library's defaults.
_KINDS: Mapping[str, tuple[str, _Declare]] = {
    "SGD": ("learning_rate momentum", _descent(0.01)),
    "MomentumSGD": ("learning_rate momentum", _descent(0.01, momentum=0.9)),
    "GradientDescentOptimizer": ("learning_rate", _descent(_NO_RATE)),
    "MomentumOptimizer": ("learning_rate momentum use_locking name nesterov", _descent(_NO_RATE, momentum=None)),
    "Adam": ("learning_rate beta_1 beta_2 epsilon", _adam(epsilon=1e-7)),
    "AdamOptimizer": ("learning_rate beta_1 beta_2 epsilon", _adam(epsilon=1e-8)),
    "RMSprop": ("learning_rate rho momentum epsilon", _rmsprop(0.001, decay=0.9, epsilon=1e-7, in_root=_KERAS_ROOT)),
    "Adadelta": ("learning_rate rho epsilon", _adadelta(_KERAS_ADADELTA, decay=0.95, epsilon=1e-7)),
    "AdadeltaOptimizer": ("learning_rate rho epsilon", _adadelta(0.001, decay=0.95, epsilon=1e-8)),
}
_PYTORCH: Mapping[str, tuple[str, _Declare]] = {
    "SGD": ("params learning_rate momentum dampening weight_decay nesterov", _descent(_NO_RATE)),
    "Adam": ("params learning_rate betas epsilon weight_decay", _adam(epsilon=1e-8, has_pair=True)),
    "RMSprop": (
        "params learning_rate rho epsilon weight_decay momentum",
        _rmsprop(0.01, decay=0.99, epsilon=1e-8, in_root=False),
    ),
    "Adadelta": ("params learning_rate rho epsilon", _adadelta(1.0, decay=0.9, epsilon=1e-6)),
}


def read_optimizer(call: ast.Call, names: dict[str, Number]) -> FoundOptimizer | Gap | None:
    """Return the optimiser that a call makes, or that `compile` names; None where it does neither.

    Parameters
    ----------
    names
        Numbers that are known by a name.

    Returns
    -------
    FoundOptimizer or Gap or None
        A `Gap` says why the draft does not read it.
    """
    if call_name(call) == "compile":
        name = _BY_NAME.get(read_text(find_argument(call, "optimizer", position=0)) or "")
        return _declare(ast.Call(ast.Name(name), [], []), names) if name else None
    return _declare(call, names)


def _declare(call: ast.Call, names: dict[str, Number]) -> FoundOptimizer | Gap | None:
    name = call_name(call)
    first = [each for each in call.args[:1] if isinstance(each, ast.Call)]
    # Keras's first argument is the rate: where that has its name too, the first is PyTorch's.
    is_named = bool(call.args) and any(
        _NAMES.get(each.arg or "", each.arg) == "learning_rate" for each in call.keywords
    )
    takes_parameters = is_named or any(call_name(each) == "parameters" for each in first)
    kinds = _PYTORCH if takes_parameters else _KINDS
    if name in kinds:
        positions, declare = kinds[name]
        arguments = _Arguments(call, positions, names, renamed=_NAMES)
        try:
            found = declare(arguments)
            arguments.finish()
            if not any(isinstance(each, Gap) for each in found.constants.values()):
                found.kind(**found.constants)  # type: ignore[arg-type] # which checks them
        except (UnreadError, MisfitError) as error:
            return _describe(call, str(error))
        return found
    return _describe(call, "no experiment has it") if name in _KINDS or name in _OTHER else None


def _describe(call: ast.Call, why: str) -> Gap:
    return Gap(f"the optimiser {ast.unparse(call):.80}: {why}")
