"""A function's flags: their help, in groups, and reading arguments into a call of the function."""

from __future__ import annotations

import re
import shutil
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import partial, wraps
from inspect import getdoc
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro
from tyro import _errors  # the one way to say in our own words what tyro found; its version is pinned

from actors.did_you_mean import did_you_mean

COLUMN = 26  # where descriptions begin
EVERYWHERE = (
    ("--config FILE", "Flags out of a YAML file; flags on the line come last and win."),
    ("--version", "Print the version and stop."),
    ("-h, --help", "Print this and stop."),
)
NOTHING = re.compile(r"\{None\}\||(?<=\{)None,")  # {None}|, tyro's word for an optional flag
NO_DEFAULT = re.compile(r" ?\(default: (None)?\)$")  # (default: None)


@dataclass(frozen=True)
class Flag:
    """One flag or positional argument: how it is written, what it does, and the parameter of a class of flags
    that it belongs to, with dots where one holds another; empty for the function's own."""

    names: tuple[str, ...]  # as written, without dashes for a positional one
    takes: str
    words: str
    parameter: str
    required: bool

    @property
    def positional(self) -> bool:
        return not self.names[0].startswith("-")

    @property
    def invocation(self) -> str:
        return f"{', '.join(self.names)} {self.takes}".strip()


def flags_of(function: Callable[..., Any]) -> list[Flag]:
    """Every flag of the function, in the order of its parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it will go in tyro's next major version
        parser = tyro.extras.get_parser(function, prog="")
    return [_flag(action) for action in parser._actions if "--help" not in action.option_strings]


def _flag(action: Any) -> Flag:
    takes = action.metavar if isinstance(action.metavar, str) else ""
    words = NO_DEFAULT.sub("", str(action.help or ""))
    required = words.endswith("(required)")
    parameter, _, name = action.dest.replace("-", "_").rpartition(".")
    names = tuple(action.option_strings) or (name.upper(),)
    return Flag(names, NOTHING.sub("", takes) if action.option_strings else "", words, parameter, required)


def help_text(function: Callable[..., Any], prog: str) -> str:
    """Usage, what the function does, and its flags in groups: its own, then one for each class of flags."""
    flags = flags_of(function)
    needed = [flag.invocation for flag in flags if flag.required or flag.positional]
    groups: dict[str, list[tuple[str, str]]] = {}
    titles = _titles(function)
    for flag in flags:
        title = titles.get(flag.parameter, "")
        groups.setdefault(title, []).append((flag.invocation, flag.words))
    groups["Every verb"] = list(EVERYWHERE)
    blocks = [
        "\n".join([*([f"{title.rstrip('.')}:"] if title else []), *_lines(group)])
        for title, group in groups.items()
    ]
    about = (getdoc(function) or "").partition("\nArgs:")[0].strip()
    return "\n\n".join([f"usage: {prog} {' '.join([*needed, '[FLAGS]'])}", about, *blocks])


def _titles(function: Any) -> Mapping[str, str]:
    """First line of the docstring of each class of flags, by the parameter that takes the class."""
    titles: dict[str, str] = {}
    for name, hint in get_type_hints(function, include_extras=True).items():
        kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, dict)):
            titles[name] = (getdoc(kind) or name).splitlines()[0]
            titles |= {f"{name}.{inner}": title for inner, title in _titles(kind).items()}
    return titles


def _lines(group: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = min(shutil.get_terminal_size().columns, 110)
    for invocation, words in group:
        indent = " " * COLUMN
        text = textwrap.fill(words, width, initial_indent=indent, subsequent_indent=indent)
        if len(invocation) + 4 <= COLUMN:
            yield f"  {invocation}{text[len(invocation) + 2 :]}"
        else:
            yield f"  {invocation}\n{text}"


def read_flags(function: Callable[..., Any], arguments: Sequence[str], prog: str) -> Callable[[], Any]:
    """`function` with the values of `arguments` bound, ready to be called.

    Raises:
        ValueError: unreadable arguments; says what was wrong, what was probably meant, and where help is.
    """

    @wraps(function)
    def later(*args: Any, **kwargs: Any) -> Any:
        return partial(function, *args, **kwargs)

    with _errors.on_parse_error(partial(_refuse, function, prog)):
        call: Callable[[], Any] = tyro.cli(later, args=list(arguments), prog=prog)
    return call


def _refuse(function: Callable[..., Any], prog: str, event: _errors.ParseErrorEvent) -> None:
    raise ValueError(f"{_mistake(function, event)}\n`{prog} --help` shows what there is")


def _mistake(function: Callable[..., Any], event: Any) -> str:
    tokens = getattr(event, "tokens", None) or getattr(event, "unrecognized_tokens", None) or []
    if tokens:
        return _unknown(function, tokens)
    if isinstance(event, _errors.MissingArgs):
        names = [_name(argument.arg) for argument in event.missing_arguments]
        return f"{' and '.join(names)} must be given"
    if isinstance(event, _errors.InvalidChoice):
        order = (event.argument.lowered.metavar or "").find  # the choices themselves come out of a set
        choices = sorted((choice for choice in event.choices if choice != "None"), key=order)
        close = did_you_mean(event.value, choices)
        return f"{_name(event.argument)} is {event.value!r}, expected one of {', '.join(choices)}{close}"
    if isinstance(event, _errors.InstantiationFailure) and event.argument:
        quoted = re.search(r"from \[(.*?)\]", event.message)
        kind = NOTHING.sub("", event.argument.lowered.metavar or "")
        is_given = f" is {quoted[1]}" if quoted else ""
        return f"{_name(event.argument)}{is_given}, expected {kind}"
    if isinstance(event, _errors.BadValue):
        return f"{_name(event.argument)} has no value behind it"
    return str(getattr(event, "message", type(event).__name__))


def _name(argument: Any) -> str:
    name: str = argument.display_name()
    return name.upper() if argument.is_positional() else name


def _unknown(function: Callable[..., Any], tokens: Sequence[str]) -> str:
    """The error for `tokens` that no flag takes: names what is no flag, or else the values left over."""
    strange = [token.partition("=")[0] for token in tokens if token.startswith("-")]
    if not strange:
        return f"nothing takes {' '.join(tokens)!r}"
    names = [name for flag in flags_of(function) if not flag.positional for name in flag.names]
    flag_of = {name.lstrip("-"): name for name in [*names, "--config", "--version"]}
    mistakes = []
    for token in strange:
        close = did_you_mean(token.lstrip("-").replace("_", "-"), flag_of)
        mistakes.append(f"there is no flag {token}" + re.sub(r"'(.*)'", r"--\1", close))
    return "; ".join(mistakes)
