"""What names a place is absolute behind the door of a verb; what is a name stays as it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.command_line.paths import absolute, absolute_paths, same_places
from pipelines.verbs import VERBS
from trainers.verbs import TRAINERS


@dataclass(frozen=True)
class Flags:
    data: Path | None = None
    annotator: str = "llama-7b"
    languages: tuple[str, ...] = ()
    calls: int = field(default=0, init=False)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a file `rows.csv` and a folder `models/small` in it."""
    (tmp_path / "models" / "small").mkdir(parents=True)
    (tmp_path / "rows.csv").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_paths_become_absolute_wherever_they_stand(here: Path) -> None:
    flags = Flags(Path("rows.csv"), "models/small", ("en", "de"))
    assert absolute((flags, [Path("new/folder")])) == (
        Flags(here / "rows.csv", str(here / "models/small"), ("en", "de")),
        [here / "new/folder"],
    )


@pytest.mark.parametrize("name", ["models", "models/large", "org/model", "http://host:80/v1", "a=b/c", "1.5"])
def test_words_that_may_be_names_stay(here: Path, name: str) -> None:
    assert absolute(name) == name


@pytest.mark.parametrize("words", ["rows.csv", "models/small", "./new.yaml", "NAME=models/small"])
def test_words_that_name_a_place_do_not(here: Path, words: str) -> None:
    name, equals, path = words.rpartition("=")
    assert absolute(words) == f"{name}{equals}{here / path}"


def test_a_link_is_not_followed(here: Path) -> None:
    (here / "python").symlink_to(here / "rows.csv")
    assert absolute(Path("python")) == here / "python"  # a virtual environment's python is a link


def test_a_function_of_a_verb_gets_absolute_paths(here: Path) -> None:
    @absolute_paths
    def verb(run: Path, *, out: Path, flags: Flags = Flags()) -> Any:
        return run, out, flags.data

    assert verb(Path("a"), out=Path("b"), flags=Flags(Path("c"))) == (here / "a", here / "b", here / "c")


@pytest.mark.parametrize("verb", [*VERBS, *TRAINERS], ids=lambda verb: verb.name)
def test_every_verb_has_the_door(verb: Any) -> None:
    if verb.name != "list":  # which takes nothing
        assert verb.load().__code__ is absolute_paths(print).__code__


def test_a_run_that_was_begun_with_relative_paths_is_the_same_run(here: Path) -> None:
    old = {"files": {"rows.csv": [1, 2.5]}, "source": {"path": "rows.csv", "name": "rows"}, "limit": None}
    new = {
        "files": {str(here / "rows.csv"): [1, 2.5]},
        "source": {"path": str(here / "rows.csv"), "name": "rows"},
    }
    assert same_places(old, new) == {**new, "limit": None}
    assert same_places({"path": "other.csv"}, {"path": str(here / "rows.csv")}) == {"path": "other.csv"}


def test_a_run_that_was_begun_with_absolute_paths_goes_on_with_relative_ones(here: Path) -> None:
    old = {"files": {str(here / "rows.csv"): [1, 2.5]}, "source": {"path": str(here / "rows.csv")}}
    new = {"files": {"rows.csv": [1, 2.5]}, "source": {"path": "rows.csv"}}
    assert same_places(old, new) == new
    assert same_places("./a", "a") == "./a", "two relative words may be names"
