"""What a version of TensorFlow and its Keras take where a user says nothing, read from the library itself.

Nothing is written down here but the names that are looked up, so that every version answers the same questions. Of
arguments that a signature has no default for, of arguments that it does not have, and of things that do not exist, it
is said that it is so.
"""

from __future__ import annotations

import importlib
import inspect
from contextlib import suppress
from functools import reduce

ABSENT = "absent"
NO_ARGUMENT = "no such argument"
NO_DEFAULT = "no default"
UNKNOWN = "unknown"

_ADAM = ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad", "clipnorm")
_SGD = ("learning_rate", "momentum", "nesterov", "epsilon", "clipnorm")
_NORMAL = ("mean", "stddev", "seed")
# What is called, and the arguments whose defaults are asked for.
_ARGUMENTS = (
    ("keras.optimizers.Adam", _ADAM),
    ("keras.optimizers.SGD", _SGD),
    ("keras.initializers.GlorotUniform", ("seed",)),
    ("keras.initializers.RandomNormal", _NORMAL),
    ("keras.initializers.TruncatedNormal", _NORMAL),
    ("keras.layers.Dropout", ("rate", "seed")),
    ("keras.losses.SparseCategoricalCrossentropy", ("from_logits",)),
    ("keras.Model.compile", ("optimizer", "jit_compile", "steps_per_execution")),
    ("keras.Model.fit", ("batch_size", "shuffle")),
    ("compat.v1.train.AdamOptimizer", ("learning_rate", "beta1", "beta2", "epsilon")),
    ("compat.v1.train.GradientDescentOptimizer", ("learning_rate",)),
    ("compat.v1.random_normal_initializer", _NORMAL),
    ("compat.v1.truncated_normal_initializer", _NORMAL),
)
_DENSE_INITIALIZERS = ("kernel_initializer", "bias_initializer")
_CALLS = ("executing_eagerly", "keras.backend.floatx", "keras.backend.epsilon")
# Where TensorFlow says whether it was built with oneDNN, or MKL as it was called.
_MKL_MODULES = (
    "tensorflow.python.util._pywrap_util_port",
    "tensorflow.python._pywrap_util_port",
    "tensorflow.python.pywrap_tensorflow",
)


def read_defaults(tensorflow):
    """Return what each default is, by name: text, numbers, booleans or None.

    Parameters
    ----------
    tensorflow
        The module as a user has it after `import tensorflow`.
    """
    found = {}
    for path, arguments in _ARGUMENTS:
        for argument in arguments:
            found["{}({})".format(path, argument)] = _read_argument(tensorflow, path, argument)
    for name in _DENSE_INITIALIZERS:
        found["keras.layers.Dense().{}".format(name)] = _read_initializer(tensorflow, name)
    for path in _CALLS:
        function = _look_up(tensorflow, path)
        found["{}()".format(path)] = ABSENT if function is None else _plain(function())
    found["IsMklEnabled()"] = _read_mkl()
    return found


def run_dense_layer(tensorflow):
    """Let a session compute a dense layer: where oneDNN is on, it does so, and tells where it is asked to."""
    tf = tensorflow.compat.v1
    with tf.Graph().as_default():
        # Variables and a placeholder, as in a network: with constants the parts would be computed one by one.
        values = tf.placeholder(tf.float32, (None, 300))
        weights = tf.get_variable("weights", (300, 200), initializer=tf.ones_initializer())
        biases = tf.get_variable("biases", (200,), initializer=tf.zeros_initializer())
        layer = tf.nn.relu(tf.nn.bias_add(tf.matmul(values, weights), biases))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(layer, {values: [[1.0] * 300] * 100})


def _look_up(root, path):
    """Return what `path`, names and points, leads to from `root`, or None."""
    try:
        return reduce(getattr, path.split("."), root)
    except (AttributeError, ImportError, RecursionError):
        return None


def _read_argument(tensorflow, path, argument):
    called = _look_up(tensorflow, path)
    if called is None:
        return ABSENT
    # In TensorFlow 2.4 a class of Keras is made by a `__new__` that takes anything.
    parameters = inspect.signature(called.__init__ if inspect.isclass(called) else called).parameters
    if argument in parameters:
        default = parameters[argument].default
        return NO_DEFAULT if default is inspect.Parameter.empty else _plain(default)
    if inspect.isclass(called) and any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values()):
        return _read_keyword(called, argument)
    return NO_ARGUMENT


def _read_keyword(kind, argument):
    """Return the default of an argument that a class takes without naming it, as Keras 2's optimisers take clipping."""
    try:
        made = kind()
    except TypeError:
        return UNKNOWN
    if hasattr(made, argument):
        return _plain(getattr(made, argument))
    try:
        kind(**{argument: 1.0})
    except (TypeError, ValueError):
        return NO_ARGUMENT
    return NO_DEFAULT


def _read_initializer(tensorflow, name):
    dense = _look_up(tensorflow, "keras.layers.Dense")
    if dense is None:
        return ABSENT
    initializer = getattr(dense(1), name)
    settings = initializer.get_config()
    described = ", ".join("{}={!r}".format(key, settings[key]) for key in sorted(settings))
    return "{}({})".format(type(initializer).__name__, described)


def _read_mkl():
    for name in _MKL_MODULES:
        with suppress(ImportError, AttributeError):
            return bool(importlib.import_module(name).IsMklEnabled())
    return ABSENT


def _plain(value):
    """Return a value as JSON has it: numbers, text, booleans and None as they are, all others as text."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
