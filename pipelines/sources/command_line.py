"""A verb's flags for the source that its arguments choose, so that no help shows another source's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import tyro

from actors.prompts.task import load_task
from pipelines.sources.catalog import SOURCES, source_class, source_classes
from pipelines.sources.choice import RUNS_TAKE_NO_FLAGS, SourceChoice, is_table, own_source
from pipelines.sources.flags import SourceFlag, flags_of, flags_type, given_flags, refuse_others
from pipelines.sources.source import Flag

Verb = Callable[..., Any]
NAME_WORDS = "A name from `list`; by default the task's own set, or what --data looks like."
DATA_WORDS = "Folder or file of the set; your own: JSONL, CSV, TSV, Parquet, or a folder of pictures."
NAME = SourceFlag("source", "", str, None, Flag(NAME_WORDS))
DATA = SourceFlag("data", "", Path, None, Flag(DATA_WORDS))
FLAGS = "source_flags"  # the parameter that takes a SourceChoice's flags


@dataclass(frozen=True)
class Words:
    """What stands behind a verb: words by position, and the values of each flag as Python spells it."""

    by_position: list[str]
    by_flag: dict[str, list[str]]

    def value(self, flag: str) -> str | None:
        """The last value of a flag."""
        return next(reversed(self.by_flag.get(flag, [])), None)


def with_source_flags(verb: Verb, arguments: Sequence[str]) -> Verb:
    """`verb` for tyro: in place of a `SourceChoice` it takes the flags of the source that `arguments` choose.

    A verb that reads no source comes back as it is.

    Raises:
        ValueError: there is no such source, or it does not take a flag.
    """
    hints = get_type_hints(verb, include_extras=True)
    plain = {name: _unmarked(hint) for name, hint in hints.items()}
    parameter = next((name for name, hint in plain.items() if SourceChoice in (hint, *get_args(hint))), None)
    if parameter is None:
        return verb
    by_position = _by_position(verb)
    own = flag_types({name: hint for name, hint in hints.items() if name not in (*by_position, parameter)})
    words = read_words(arguments, own)
    choices, unclear = [SourceChoice(word) for word in words.by_position], None
    if parameter not in by_position:
        choices, unclear = _documents(words)
    general = [] if parameter in by_position else [NAME] if choices else [NAME, DATA]
    flags = [*general, *_shared(choices)]
    if not {"-h", "--help"} & set(arguments):
        _refuse_others(words, {*own, *(flag.name for flag in flags)}, choices, unclear)
    title = "Which rows are read" + ("" if choices else "; `--source NAME --help` shows the flags of one")
    return _tyro_verb(verb, parameter, flags_type(title, flags))


def flag_types(hints: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Type of every flag by its name as Python spells it, those of dataclasses among `hints` too."""
    flags: dict[str, Any] = {}
    for name, hint in hints.items():
        plain = _unmarked(hint)
        if is_dataclass(plain):
            is_flat = any(getattr(mark, "name", None) == "" for mark in getattr(hint, "__metadata__", ()))
            inner = get_type_hints(plain, include_extras=True)
            flags |= flag_types(inner, prefix if is_flat else f"{prefix}{name}.")
        else:
            flags[prefix + name] = plain
    return flags


def read_words(arguments: Sequence[str], own: Mapping[str, Any]) -> Words:
    """Words by position and by flag. `own` are the types of the verb's flags, which say how many words each
    takes; of other flags the sources that have them say it."""
    types, words, rest = dict(own), Words([], {}), list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word[1:2].isdigit():
            words.by_position.append(word)
        elif word.startswith("--") and word != "--help":
            spelt, equals, value = word[2:].partition("=")
            flag = spelt.replace("-", "_")
            if flag not in types:
                types = _types_of_sources() | types
            flag = flag.removeprefix("no_") if types.get(flag.removeprefix("no_")) is bool else flag
            values = words.by_flag.setdefault(flag, [])
            typed = types.get(flag, str)
            limit = 0 if equals or typed is bool else len(rest) if get_origin(typed) is tuple else 1
            values += [value] if equals else []
            while rest and limit and not rest[0].startswith("--"):
                values.append(rest.pop(0))
                limit -= 1
    return words


def _documents(words: Words) -> tuple[list[SourceChoice], ValueError | None]:
    """The set that a labelling verb is to read, or why its arguments do not tell."""
    data = Path(words.value("data") or "") if "data" in words.by_flag else None
    name = words.value("source") or ("table" if is_table(data) else None)
    task = words.value("task") or next(iter(words.by_position), None)
    if name is not None or task is None:
        return [SourceChoice(name)] if name is not None else [], None
    try:
        return [SourceChoice(own_source(load_task(task), data))], None
    except ValueError as error:
        return [], error


def _shared(choices: Sequence[SourceChoice]) -> list[SourceFlag]:
    """The flags that all the sources take; a finished run takes none, what is not known (the verb refuses it)
    neither, and a file is its own --data."""
    each: list[dict[str, SourceFlag]] = []
    for choice in choices:
        name, fixed = choice.in_catalog()
        flags = flags_of(source_class(name)) if name in SOURCES and not choice.is_run else {}
        each.append({flag: flags[flag] for flag in flags if flag not in fixed})
    return [flag for name, flag in each[0].items() if all(name in other for other in each)] if each else []


def _refuse_others(
    words: Words, taken: Iterable[str], choices: Sequence[SourceChoice], unclear: ValueError | None
) -> None:
    """Refuses flags of sources that were not chosen; what no source has is the parser's to refuse."""
    others = [flag for flag in words.by_flag if flag not in taken and flag.partition(".")[0] not in taken]
    foreign = [flag for flag in others if flag in _types_of_sources()] if others else []
    if foreign and unclear:
        raise unclear
    for choice in choices if foreign else ():
        if choice.is_run:
            raise ValueError(f"{choice.name} {RUNS_TAKE_NO_FLAGS}")
        name, _ = choice.in_catalog()
        refuse_others(name, source_class(name), foreign)


def _types_of_sources() -> dict[str, Any]:
    flags = [flag for kind in source_classes().values() for flag in flags_of(kind).values()]
    return {"source": str} | flag_types({flag.name: flag.typed for flag in flags})


def _tyro_verb(verb: Verb, parameter: str, flags: type[Any]) -> Verb:
    """`verb` with a name or names in place of its SourceChoice, and the flags as the first group."""
    parameters, by_position = dict(inspect.signature(verb).parameters), _by_position(verb)
    hints = get_type_hints(verb, include_extras=True)
    if parameter in by_position:
        several = get_origin(_unmarked(hints[parameter])) is tuple
        hints[parameter] = Annotated[tuple[str, ...] if several else str, tyro.conf.Positional]
    else:
        del parameters[parameter], hints[parameter]
    hints[FLAGS] = Annotated[flags, tyro.conf.arg(name="")]
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    added = inspect.Parameter(FLAGS, keyword_only, default=flags(), annotation=hints[FLAGS])
    items = [item.replace(annotation=hints[name]) for name, item in parameters.items()]
    groups = [place for place, item in enumerate(items) if is_dataclass(_unmarked(item.annotation))]
    items.insert(groups[0] if groups else len(items), added)
    signature = inspect.Signature(items, return_annotation=None)

    def call(*positional: Any, **named: Any) -> Any:
        values = dict(signature.bind(*positional, **named).arguments)
        given = given_flags(values.pop(FLAGS, flags()))
        names = values.get(parameter, given.pop("source", None))
        if isinstance(names, tuple):
            values[parameter] = tuple(SourceChoice(name, given) for name in names)
        else:
            values[parameter] = SourceChoice(names, given)
        first = [values.pop(name) for name in by_position]
        return verb(*first, **values)

    call.__name__, call.__doc__, call.__module__ = verb.__name__, verb.__doc__, verb.__module__
    call.__annotations__ = hints
    vars(call)["__signature__"] = signature
    return call


def _by_position(verb: Verb) -> list[str]:
    parameters = inspect.signature(verb).parameters
    return [name for name, item in parameters.items() if item.kind is item.POSITIONAL_ONLY]


def _unmarked(hint: Any) -> Any:
    """`T` of `Annotated[T, …]`."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint
