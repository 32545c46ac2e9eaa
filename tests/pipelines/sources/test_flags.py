"""From a source's fields to flags, and back from the values of flags to fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest
import tyro

from actors.prompts.task import Task
from pipelines.sources.flags import configured, flags_of, flags_type, given_flags, refuse_others
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.table import FieldMap


def upper(words: tuple[str, ...]) -> dict[str, str]:
    return {word: word.upper() for word in words}


@dataclass
class Poems(Source):
    """Fields of every kind, two of them no flags."""

    task: Task | None
    path: Annotated[Path, Flag("a file of poems", name="data")]
    limit: Annotated[int | None, Flag("Take N.", name="sample")] = None
    split: Annotated[Literal["old", "new"], Flag("Which.")] = "old"
    codes: Annotated[tuple[str, ...], Flag("Languages.")] = ("en", "fr")
    names: Annotated[Mapping[str, str], Flag("Names.", typed=tuple[str, ...], read=upper)] = field(
        default_factory=dict
    )
    fields: Annotated[FieldMap, Flag("Columns.")] = field(default_factory=FieldMap)
    rhymed: Annotated[bool, Flag("Rhymes alone.")] = False
    seed: int = 0


def read(words: str) -> dict[str, object]:
    return given_flags(tyro.cli(flags_type("Poems", list(flags_of(Poems).values())), args=words.split()))


def test_a_fields_flag_has_its_name_its_type_and_the_fields_default() -> None:
    flags = flags_of(Poems)
    assert [str(flag) for flag in flags.values()] == [
        "--data", "--sample", "--split", "--codes", "--names", "--fields.*", "--rhymed",
    ]  # fmt: skip
    assert flags["data"].default is MISSING and flags["data"].typed is Path
    assert (flags["sample"].field, flags["sample"].typed, flags["sample"].default) == ("limit", int, None)
    assert flags["names"].typed == tuple[str, ...] and flags["names"].default == {}


def test_only_what_stood_on_the_line_counts_as_given() -> None:
    assert read("") == {}
    assert read("--split old --codes de --sample 3 --fields.text body --rhymed") == {
        "split": "old", "codes": ("de",), "sample": 3, "fields": FieldMap(text="body"), "rhymed": True,
    }  # fmt: skip


def test_help_names_defaults_and_what_must_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read("--help")
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "A file of poems (required)" in shown
    assert "{old,new} Which. (default: old)" in shown and "Languages. (default: en fr)" in shown
    assert "None" not in shown.partition("fields")[0]


def test_given_flags_fill_the_fields_and_the_rest_keeps_its_defaults() -> None:
    task = Task("mine", "s", ("a", "b"), "{document}?")
    poems = configured("poems", Poems, {"data": Path("p"), "sample": 3, "names": ("ann",)}, task)
    assert poems == Poems(task, Path("p"), limit=3, names={"ann": "ANN"})


def test_what_is_missing_and_what_means_nothing_is_said_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="^--data is missing; give a file of poems$"):
        configured("poems", Poems, {}, None)
    with pytest.raises(ValueError, match="^--max-chars means nothing to source poems; it takes --data, "):
        configured("poems", Poems, {"data": Path("p"), "max_chars": 3}, None)
    with pytest.raises(ValueError, match="did you mean 'split'"):
        refuse_others("poems", Poems, ["fields.text", "splits"])
