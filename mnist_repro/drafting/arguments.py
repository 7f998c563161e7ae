"""Read the arguments of a call in a syntax tree, each once, and refuse what is left and decides something."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from mnist_repro.drafting.expressions import Number, evaluate, read_text


class Gap(str):
    """In words, what a source does not tell, or what it tells and the draft does not read."""

    __slots__ = ()


class UnreadError(Exception):
    """A call has something that decides what it makes, and that is not read."""


class Arguments:
    """The arguments of a call.

    Parameters
    ----------
    positions
        Names of the arguments that may stand without one.
    names
        Numbers that are known by a name.
    renamed
        Names of arguments that other libraries or versions have, and the one by which each is read.
    """

    def __init__(
        self, call: ast.Call, positions: str, names: dict[str, Number], *, renamed: Mapping[str, str] | None = None
    ) -> None:
        self.names, renamed = names, renamed or {}
        keys = [*positions.split(), *(f"argument {number}" for number, _ in enumerate(call.args, 1))]
        given = {
            **dict(zip(keys, call.args, strict=False)),
            **{renamed.get(each.arg or "", each.arg or "**"): each.value for each in call.keywords},
        }
        self._unread = {
            key: node for key, node in given.items() if not (isinstance(node, ast.Constant) and node.value is None)
        }

    def has(self, name: str) -> bool:
        """Return whether an argument is given, and not read yet."""
        return name in self._unread

    def read(self, name: str, read: Callable[[ast.expr], Any], default: Any = None) -> Any:
        """Return what `read` makes of an argument, or the default where it is not given.

        Raises
        ------
        UnreadError
            If the argument cannot be read, or is missing and has no default.
        """
        node = self._unread.pop(name, None)
        value = default if node is None else read(node)
        if value is None:
            msg = f"the draft does not read {name}={ast.unparse(node):.40}" if node else f"it has no {name}"
            raise UnreadError(msg)
        return value

    def number(self, name: str, default: Number | None = None) -> Any:
        """Return a number, a whole one as int."""
        value = self.read(name, lambda node: evaluate(node, self.names), default)
        return int(value) if int(value) == value else value

    def text(self, name: str, default: str) -> Any:
        """Return what a string says, or the last name of an expression such as `tf.nn.relu`."""
        return self.read(name, read_text, default)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return True or False."""
        return bool(self.read(name, lambda node: getattr(node, "value", None), default))

    def require(self, name: str, value: object, only: object) -> None:
        """Require of an argument the only value that an experiment has."""
        if value != only:
            msg = f"an experiment has {name}={only!r} alone"
            raise UnreadError(msg)

    def finish(self) -> None:
        """Require that nothing is left which decides what the call makes."""
        for name, node in self._unread.items():
            self.check_unread(name, node)

    def check_unread(self, name: str, node: ast.expr) -> None:
        """Raise an `UnreadError` if what was not read decides something."""
        msg = f"the draft does not read {name}={ast.unparse(node):.40}"
        raise UnreadError(msg)
