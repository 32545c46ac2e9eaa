"""A verb of a program: its name, and its function, whose module loads when the verb is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, get_type_hints


@dataclass(frozen=True)
class Verb:
    """`name` on the command line is `function` of `module`; `summary` is the first line of its docstring.

    With `shape`, the name of another function of the module, the flags may depend on the arguments: it takes
    them, as a list behind the verb with --config files put in, and returns the function to build flags for.
    """

    name: str
    module: str
    function: str
    summary: str
    shape: str | None = None

    def load(self) -> Callable[..., Any]:
        """The function, with the flags that it has whatever the arguments are."""
        function: Callable[..., Any] = getattr(import_module(self.module), self.function)
        return function

    def load_for(self, arguments: Sequence[str]) -> Callable[..., Any]:
        """The function with the flags that these arguments call for."""
        if self.shape is None:
            return self.load()
        function: Callable[..., Any] = getattr(import_module(self.module), self.shape)(arguments)
        return function


def value_of(flag: str, arguments: Sequence[str]) -> str | None:
    """The last value of `flag` in the arguments, as `--flag value` or `--flag=value`; None without one."""
    value = None
    for number, argument in enumerate(arguments):
        if argument == flag and number + 1 < len(arguments):
            value = arguments[number + 1]
        elif argument.startswith(f"{flag}="):
            value = argument.partition("=")[2]
    return value


def with_flags(function: Callable[..., Any], **flags: object) -> Callable[..., Any]:
    """`function` for the parser, with each named parameter made of another class of flags, whose fields
    stand without a prefix; by default they have the class's values, or those of the instance given."""
    import tyro

    def retyped(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    signature = inspect.signature(function)
    annotations = get_type_hints(function, include_extras=True)
    defaults: dict[str, Any] = {n: kind() if isinstance(kind, type) else kind for n, kind in flags.items()}
    annotations |= {name: Annotated[type(value), tyro.conf.arg(name="")] for name, value in defaults.items()}
    parameters = [
        one.replace(default=defaults[one.name]) if one.name in defaults else one
        for one in signature.parameters.values()
    ]
    retyped.__name__, retyped.__doc__ = function.__name__, function.__doc__
    retyped.__module__, retyped.__annotations__ = function.__module__, annotations
    retyped.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return retyped
