"""Labelling tasks: labels, prompts, and patterns to read an answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from actors.did_you_mean import did_you_mean
from actors.prompts.patterns import REFUSALS, compile_pattern, word_pattern
from actors.prompts.yaml_file import read_yaml_mapping

TASK_FOLDER = Path(__file__).parent / "tasks"
PLACEHOLDER = "{document}"
LIST_PROMPT = f"{PLACEHOLDER}\nLabels:"


@dataclass(frozen=True)
class Task:
    """A closed set of labels and the question that asks for one.

    `prompt` holds `{document}` once; `{labels}` in it becomes "a, b or c" and `{descriptions}` one
    `- label: description` line per label. `document` says how a source's fields make up the document.
    A row of a `multi_label` task has any number of labels; an annotator gives it all that free text names,
    or decides each by itself: by a yes or no behind `prompt`, or by how likely the label is behind
    `list_prompt`, which ends where a list of labels would begin. `paper` holds printed figures: `numbers`,
    a list of {where, metric, value, ...}, and `notes`.

    Raises:
        ValueError: a field contradicts another one; says which value and what was expected.
    """

    name: str
    summary: str
    labels: tuple[str, ...]
    prompt: str
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    both: str | None = None
    negatives_first: tuple[str, ...] = ()
    refusals: tuple[str, ...] = REFUSALS
    choices: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[tuple[str, str], ...] = ()
    positive: str | None = None
    uses_image: bool = False
    relative: bool = False
    multi_label: bool = False
    list_prompt: str = LIST_PROMPT
    document: str = "{text}"
    paper: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_labels()
        self._check_known()
        self._check_prompts()
        patterns = {label: self.patterns.get(label) or (word_pattern(label),) for label in self.labels}
        choices = {label: self.choices.get(label, label) for label in self.labels}
        object.__setattr__(self, "patterns", patterns)
        object.__setattr__(self, "choices", choices)
        self._check_choices()
        for pattern in (*self.refusals, *(p for group in patterns.values() for p in group)):
            compile_pattern(pattern)

    def split_prompt(self) -> tuple[str, str]:
        """The prompt before and after the document, with `{labels}` and `{descriptions}` filled in."""
        head, tail = self.prompt.split(PLACEHOLDER)
        return self._fill(head), self._fill(tail)

    def _fill(self, part: str) -> str:
        listed = ", ".join(self.labels[:-1]) + f" or {self.labels[-1]}"
        described = "\n".join(f"- {label}: {self.descriptions.get(label, label)}" for label in self.labels)
        return part.replace("{labels}", listed).replace("{descriptions}", described)

    def _check_labels(self) -> None:
        if len(self.labels) < 2:
            raise ValueError(f"task {self.name!r}: labels has {len(self.labels)}; give at least two")
        folded = [label.strip().casefold() for label in self.labels]
        if "" in folded:
            raise ValueError(f"task {self.name!r}: labels holds an empty one; every label needs a name")
        double = [label for label in self.labels if folded.count(label.strip().casefold()) > 1]
        if double:
            raise ValueError(f"task {self.name!r}: labels {double} are the same but for case; rename one")
        if self.both is not None and self.multi_label:
            raise ValueError(
                f"task {self.name!r}: both is {self.both!r}, and rows of multi_label: true have two labels "
                "without it; leave it out"
            )

    def _check_known(self) -> None:
        several = ("patterns", "choices", "descriptions", "negatives_first")
        uses = [(name, label) for name in several for label in getattr(self, name)]
        uses += [("examples", label) for _, label in self.examples]
        uses += [(name, label) for name in ("both", "positive") if (label := getattr(self, name)) is not None]
        for name, label in uses:
            if label not in self.labels:
                hint = did_you_mean(label, self.labels)
                raise ValueError(
                    f"task {self.name!r}: {name} names {label!r}, not one of labels {list(self.labels)}{hint}"
                )

    def _check_prompts(self) -> None:
        for name, prompt in (("prompt", self.prompt), ("list_prompt", self.list_prompt)):
            number = prompt.count(PLACEHOLDER)
            if number != 1:
                raise ValueError(
                    f"task {self.name!r}: {name} holds {PLACEHOLDER} {number} times, expected once, at the "
                    f"place of the text to label; the {name} is {prompt!r}"
                )
        if self.list_prompt != LIST_PROMPT and not self.multi_label:
            raise ValueError(
                f"task {self.name!r}: list_prompt is for rows of several labels; add multi_label: true or "
                "leave it out"
            )

    def _check_choices(self) -> None:
        texts = list(self.choices.values())
        if len(set(texts)) < len(texts) or not all(text.strip() for text in texts):
            raise ValueError(
                f"task {self.name!r}: choices are {texts}; ranking needs a different, non-empty one per label"
            )


def task_names() -> list[str]:
    """Names of the tasks that come with the program, sorted."""
    return sorted(path.stem for path in TASK_FOLDER.glob("*.yaml"))


def load_task(name_or_path: str) -> Task:
    """The shipped task of that name, or the task in that YAML file.

    Raises:
        ValueError: an unknown name, an unreadable file, or a file that does not describe a task.
    """
    if name_or_path in task_names():
        return _read_task(TASK_FOLDER / f"{name_or_path}.yaml")
    if re.search(r"\.ya?ml$|[/\\]", name_or_path):
        return _read_task(Path(name_or_path))
    raise ValueError(
        f"task {name_or_path!r} is not known; shipped: {', '.join(task_names())}; "
        f"your own is the path of a .yaml file{did_you_mean(name_or_path, task_names())}"
    )


def _read_task(path: Path) -> Task:
    content = read_yaml_mapping(path)
    known = [item.name for item in fields(Task)]
    for key in content:
        if key not in known:
            raise ValueError(f"{path}: unknown key {key!r}; known: {known}{did_you_mean(key, known)}")
    missing = [key for key in ("labels", "prompt") if content.get(key) is None]
    if missing:
        raise ValueError(f"{path}: {missing[0]!r} is missing; a task needs at least labels and prompt")
    values = {key: read_field(path, key, value) for key, value in content.items() if value is not None}
    values.setdefault("name", path.stem)
    values.setdefault("summary", f"labels: {', '.join(values['labels'])}")
    try:
        return Task(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_field(path: Path, key: str, value: Any) -> Any:
    """`value` as the type that `Task` wants for `key`.

    Raises:
        ValueError: another type; names the file, the key, the value and the expected form.
    """
    try:
        return CONVERTERS[key](value)
    except TypeError as error:
        raise ValueError(f"{path}: {key}: {error}") from error


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"expected text, found {value!r} ({type(value).__name__}); put it in quotes")
    return str(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"expected true or false, found {value!r}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise TypeError(f"expected a list of texts, found {value!r}")
    return tuple(_text(item) for item in value)


def _mapping(value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"expected `label: ...` lines, found {value!r}")
    return value


def _text_by_label(value: Any) -> Mapping[str, str]:
    return {_text(label): _text(text) for label, text in _mapping(value).items()}


def _texts_by_label(value: Any) -> Mapping[str, tuple[str, ...]]:
    return {_text(label): _texts(texts) for label, texts in _mapping(value).items()}


def _examples(value: Any) -> tuple[tuple[str, str], ...]:
    form = "expected a list of `{document: ..., label: ...}`"
    if not isinstance(value, list):
        raise TypeError(f"{form}, found {value!r}")
    for item in value:
        if not isinstance(item, dict) or set(item) != {"document", "label"}:
            raise TypeError(f"{form}, found the item {item!r}")
    return tuple((_text(item["document"]), _text(item["label"])) for item in value)


CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("name", "summary", "prompt", "both", "positive", "list_prompt", "document"), _text),
    **dict.fromkeys(("labels", "negatives_first", "refusals"), _texts),
    **dict.fromkeys(("choices", "descriptions"), _text_by_label),
    **dict.fromkeys(("uses_image", "relative", "multi_label"), _truth),
    "patterns": _texts_by_label,
    "examples": _examples,
    "paper": _mapping,
}
