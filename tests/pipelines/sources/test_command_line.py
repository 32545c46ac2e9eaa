"""Which flags a verb has depends on the source that its arguments choose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_type_hints

import pytest
import tyro

from pipelines.manifest import MANIFEST
from pipelines.recipes.annotate import annotate
from pipelines.recipes.classify import classify
from pipelines.recipes.distort import distort
from pipelines.recipes.filter.verb import filter_responses
from pipelines.recipes.ingest import ingest
from pipelines.recipes.label_study.verb import label_study
from pipelines.recipes.rewrite import rewrite
from pipelines.sources.catalog import source_classes
from pipelines.sources.choice import SourceChoice
from pipelines.sources.command_line import flag_types, read_words, with_source_flags
from pipelines.sources.flags import flags_of
from pipelines.sources.tables.table import FieldMap

VERBS = (annotate, classify, distort, filter_responses, ingest, label_study, rewrite)


NONE = SourceChoice()


def label(task: str, *, out: Path, source: SourceChoice = NONE, limit: int = 9) -> Any:
    """A labelling verb, which gives back what it was called with."""
    return task, source, limit


def read(
    source: Annotated[SourceChoice, tyro.conf.Positional], /, *, out: Path, quick: bool = False
) -> SourceChoice:
    """A verb that reads any rows."""
    return source


def join(
    sources: Annotated[tuple[SourceChoice, ...], tyro.conf.Positional], /, *, out: Path
) -> tuple[SourceChoice, ...]:
    """A verb that reads the rows of several sources."""
    return sources


def call(verb: Any, words: str) -> Any:
    arguments = words.split()
    return tyro.cli(with_source_flags(verb, arguments), args=arguments)


def flags_in_help(verb: Any, words: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    with pytest.raises(SystemExit):
        call(verb, f"{words} --help")
    return {word for word in capsys.readouterr().out.split() if word.startswith("--")}


def test_help_shows_the_flags_of_the_chosen_source_alone(capsys: pytest.CaptureFixture[str]) -> None:
    general = flags_in_help(label, "", capsys)
    assert {"--source", "--data", "--task"} <= general
    assert not {"--responses", "--max-chars", "--split", "--languages"} & general
    assert flags_in_help(label, "--source emoji", capsys) - general == {"--languages", "--sample", "--split"}
    assert "--languages" in flags_in_help(label, "--task emoji_group", capsys)
    assert {"--responses", "--picture-side"} <= flags_in_help(read, "scenes", capsys)


def test_help_needs_no_task_that_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--source" in flags_in_help(label, "--task missing.yaml", capsys)


def test_a_table_is_known_by_its_name_before_its_task_can_be_read() -> None:
    _, source, _ = call(label, "--task missing.yaml --data rows.csv --fields.text body --out o")
    assert source == SourceChoice.of(data=Path("rows.csv"), fields=FieldMap(text="body"))


def test_flags_reach_the_verb_as_they_were_given(tmp_path: Path) -> None:
    assert call(label, "--task emoji_group --split train --languages en fr --out o") == (
        "emoji_group",
        SourceChoice.of(split="train", languages=("en", "fr")),
        9,
    )
    own = "--data rows.csv --fields.text body --label-map 1=spam 0=ham --label-separator ; --image-root p"
    _, source, _ = call(label, f"--task iad_1 {own} --out o")
    assert source == SourceChoice.of(
        data=Path("rows.csv"),
        fields=FieldMap(text="body"),
        label_map=("1=spam", "0=ham"),
        label_separator=";",
        image_root=Path("p"),
    )


@pytest.mark.parametrize(
    "words",
    [
        "scenes --sample 40 --responses faults --out o",
        "--sample 40 scenes --responses faults --out o",
        "--out o --quick --sample=40 --responses faults scenes",
        "--no-quick --responses faults --sample 40 --out o scenes",
    ],
)
def test_a_source_by_position_is_seen_wherever_it_stands(words: str) -> None:
    assert call(read, words) == SourceChoice.of("scenes", sample=40, responses="faults")


def test_of_several_sources_only_flags_that_all_take_are_there() -> None:
    flags = {"sample": 4, "split": "train"}
    chosen = call(join, "scenes easy_vqa --sample 4 --split train --out o")
    assert chosen == (SourceChoice("scenes", flags), SourceChoice("easy_vqa", flags))
    assert call(join, "scenes rows.jsonl --out o") == (SourceChoice("scenes"), SourceChoice("rows.jsonl"))
    with pytest.raises(ValueError, match="--sample means nothing to source pairs; it takes --data, --image"):
        call(join, "scenes rows.jsonl --sample 4 --out o")


@pytest.mark.parametrize(
    ("verb", "words", "message"),
    [
        (
            label,
            "--task iad_1 --languages fr",
            "--languages means nothing to source sms_spam; it takes",
        ),
        (label, "--task xnli --data x --fields.text y", "--fields.text means nothing to source xnli"),
        (label, "--task emoji_group --balanced", "--balanced means nothing to source emoji"),
        (label, "--task iad_1 --source emojy --sample 3", "'emojy' is not known.*did you mean 'emoji'"),
        (label, "--task mine.yaml --sample 3", "mine.yaml"),
        (read, "emoji --source scenes", "--source means nothing to source emoji"),
        (read, "pairs --split test", "--split means nothing to source pairs"),
    ],
)
def test_a_flag_of_another_source_is_refused_in_a_sentence(verb: Any, words: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(verb, f"{words} --out o")


def test_a_finished_run_has_no_flags(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{}")
    assert call(read, f"{tmp_path} --out o") == SourceChoice(str(tmp_path))
    with pytest.raises(ValueError, match="is a finished run; source flags mean nothing to it"):
        call(read, f"{tmp_path} --sample 3 --out o")


def test_what_is_no_source_is_left_to_the_verb_unless_it_has_flags() -> None:
    assert call(read, "runs/gone --out o") == SourceChoice("runs/gone")
    with pytest.raises(ValueError, match="source 'runs/gone' is not known"):
        call(read, "runs/gone --sample 3 --out o")


def test_words_are_read_as_many_as_a_flag_takes() -> None:
    words = read_words(["a", "--quick", "b", "--stop", "c", "d", "--limit", "-1", "-h"], {"quick": bool})
    assert words.by_position == ["a", "b", "d"]
    assert words.by_flag == {"quick": [], "stop": ["c"], "limit": ["-1"]}


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_no_flag_of_a_source_is_a_flag_of_a_verb_that_reads_it(verb: Any) -> None:
    hints = get_type_hints(verb, include_extras=True)
    own = {flag.partition(".")[0] for flag in flag_types(hints)} - {"source", "sources"}
    assert own.isdisjoint(flag for kind in source_classes().values() for flag in flags_of(kind))
    assert with_source_flags(verb, []) is not verb


def test_a_verb_without_a_source_stays_as_it_is() -> None:
    def plain(out: Path) -> Path:
        return out

    assert with_source_flags(plain, ["--out", "o"]) is plain
