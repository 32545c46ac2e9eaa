"""The data sets by name. A new one is a file with a `Source` and a line here."""

from __future__ import annotations

from importlib import import_module

from actors.did_you_mean import did_you_mean
from pipelines.sources.source import Source

# Where each class stands: it is imported only when it is used.
SOURCES: dict[str, str] = {
    "hateful_memes": "pipelines.sources.papers.hateful_memes.HatefulMemes",
    "mm_imdb": "pipelines.sources.papers.mm_imdb.MmImdb",
    "xnli": "pipelines.sources.papers.xnli.Xnli",
    "table": "pipelines.sources.tables.table.TableSource",
    "image_folder": "pipelines.sources.tables.image_folder.ImageFolder",
    "emoji": "pipelines.sources.packaged.emoji.Emoji",
    "easy_vqa": "pipelines.sources.packaged.easy_vqa.EasyVqa",
    "sms_spam": "pipelines.sources.packaged.sms_spam.SmsSpam",
    "movie_snippets": "pipelines.sources.packaged.movie_snippets.MovieSnippets",
    "pairs": "pipelines.sources.tables.pairs.Pairs",
    "llava": "pipelines.sources.dialogues.llava.Llava",
    "ultrachat": "pipelines.sources.dialogues.chatgpt.UltraChat",
    "sharegpt": "pipelines.sources.dialogues.chatgpt.ShareGpt",
    "scenes": "pipelines.sources.scenes.source.Scenes",
}


def source_class(name: str) -> type[Source]:
    """The class of the source of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in SOURCES:
        raise ValueError(
            f"source {name!r} is not known; known: {sorted(SOURCES)}{did_you_mean(name, SOURCES)}"
        )
    module, _, class_name = SOURCES[name].rpartition(".")
    return getattr(import_module(module), class_name)


def source_classes() -> dict[str, type[Source]]:
    """Every class by name, in the order of the catalog."""
    return {name: source_class(name) for name in SOURCES}
