"""The sets of instructions with responses, by name: what is distorted, learned from and rewritten."""

from __future__ import annotations

from collections.abc import Mapping

from actors.prompts.task import Task
from pipelines.sources.source import Source
from pipelines.sources.source_flags import SourceFlags, SourceKind, data_path, given


def _pairs(task: Task | None, flags: SourceFlags) -> Source:
    from pipelines.sources.tables.pairs import Pairs

    return Pairs(data_path(flags, "a file with instructions and responses"), flags.image_root)


def _llava(task: Task | None, flags: SourceFlags) -> Source:
    from pipelines.sources.dialogues.llava import Llava

    return Llava(data_path(flags, "LLaVA-Instruct's JSON"), flags.image_root, flags.annotations)


def _ultrachat(task: Task | None, flags: SourceFlags) -> Source:
    from pipelines.sources.dialogues.ultrachat import UltraChat

    return UltraChat(data_path(flags, "UltraChat's file or folder"), **given(max_chars=flags.max_chars))


def _sharegpt(task: Task | None, flags: SourceFlags) -> Source:
    from pipelines.sources.dialogues.sharegpt import ShareGpt

    return ShareGpt(data_path(flags, "ShareGPT's JSON"), **given(max_chars=flags.max_chars))


def _scenes(task: Task | None, flags: SourceFlags) -> Source:
    from pipelines.sources.scenes.source import Scenes

    return Scenes(
        **given(num_rows=flags.sample, split=flags.split, kind=flags.responses, side=flags.picture_side)
    )


INSTRUCTION_SETS: Mapping[str, SourceKind] = {
    "pairs": SourceKind(
        "your own instructions with responses, JSONL, JSON, CSV or Parquet (--data)",
        _pairs,
        ("data", "image_root"),
        labelled=False,
    ),
    "llava": SourceKind(
        "LLaVA-Instruct: answers about COCO pictures (--data, --image-root, --annotations)",
        _llava,
        ("data", "image_root", "annotations"),
        labelled=False,
    ),
    "ultrachat": SourceKind(
        "UltraChat: dialogues of two ChatGPTs (--data)", _ultrachat, ("data", "max_chars"), labelled=False
    ),
    "sharegpt": SourceKind(
        "ShareGPT: people's dialogues with ChatGPT (--data)",
        _sharegpt,
        ("data", "max_chars"),
        labelled=False,
    ),
    "scenes": SourceKind(
        "drawn pictures of coloured shapes with their whole truth (--sample rows; --responses polite, ...)",
        _scenes,
        ("split", "sample", "responses", "picture_side"),
        labelled=False,
    ),
}
