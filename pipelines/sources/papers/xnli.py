"""Premises and hypotheses in 15 languages (Conneau et al., 2018), from the released XNLI-1.0 folder.

`xnli.dev` (2,490 pairs per language) and `xnli.test` (5,010), each as .jsonl or .tsv with language,
gold_label, sentence1, sentence2 and pairID. Paper A prints French, "Dutch" and English (Table 2). XNLI
has no Dutch; the share of pretraining data printed beside it, 0.17 %, is German's in Llama 2's Table 10
(Dutch has 0.12 %), so that row is read as German and the default languages are fr, de and en.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow, Reason
from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.schema import LABEL_COLUMNS, Row, failed_row, live_row
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.label_cells import label_lookup, read_label
from pipelines.sources.tables.records import document_fields, fill_document, key_field
from pipelines.sources.tables.table_files import read_records, table_columns

UNKNOWN_LANGUAGE = Reason("unknown_language", "the language is none of the data set's")

LANGUAGES: Mapping[str, str] = {
    "ar": "arabic", "bg": "bulgarian", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fr": "french", "hi": "hindi", "ru": "russian", "sw": "swahili",
    "th": "thai", "tr": "turkish", "ur": "urdu", "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip
FIELDS = {"premise": "sentence1", "hypothesis": "sentence2"}
COLUMNS = ("language", "gold_label", "sentence1", "sentence2", "pairID")
DUTCH = ("nl", "dutch", "nederlands")


@dataclass
class Xnli(Source):
    """One row per pair and language of a split; `text` is the task's document template filled in.

    A line whose language cannot be read is a failed row of the run whatever languages were asked for.
    A gold label of "-" (the annotators did not agree) leaves `human_label` null.
    """

    summary = "XNLI: premise and hypothesis in 15 languages (--data; by default test in fr, de, en)"
    tasks = ("xnli",)
    labelled = True
    columns = LABEL_COLUMNS

    task: Task
    folder: Annotated[Path, Flag("the XNLI-1.0 folder", name="data")]
    split: Annotated[str, Flag("Split of the set.")] = "test"
    languages: Annotated[tuple[str, ...], Flag("Languages, as codes or English names.")] = ("fr", "de", "en")

    @cached_property
    def _file(self) -> Path:
        names = [
            f"{folder}xnli.{self.split}{end}" for folder in ("", "XNLI-1.0/") for end in (".jsonl", ".tsv")
        ]
        files = [self.folder / name for name in names if (self.folder / name).is_file()]
        if not files:
            raise ValueError(
                f"{self.folder} holds no xnli.{self.split}.jsonl or .tsv; give the XNLI-1.0 folder as --data "
                "and --split dev or test"
            )
        return files[0]

    def files(self) -> list[Path]:
        return [self._file]

    def check(self) -> None:
        self._codes()
        unknown = [name for name in document_fields(self.task.document) if name not in FIELDS]
        if unknown:
            raise ValueError(
                f"task {self.task.name!r} makes its document of {unknown}; XNLI offers {list(FIELDS)}: write "
                "document: 'Premise: {premise} ...' in the task file, or use task xnli"
            )
        missing = [name for name in COLUMNS if name not in table_columns(self._file)]
        if missing:
            raise ValueError(f"{self._file} has no {missing}; expected the columns {list(COLUMNS)}")
        lost = [label for label in ("entailment", "neutral", "contradiction") if label not in self._lookup]
        if lost:
            raise ValueError(f"task {self.task.name!r} has no labels {lost}; XNLI is labelled with them")

    def rows(self) -> Iterator[Row]:
        codes = self._codes()
        for number, record in read_records(self._file, COLUMNS):
            language = record.get("language") if isinstance(record, dict) else None
            known = isinstance(language, str) and language in LANGUAGES
            if not known or language in codes:
                yield self._row(number, record, language if known else None)

    @cached_property
    def _lookup(self) -> dict[str, str]:
        return label_lookup(self.task, {})

    def _codes(self) -> list[str]:
        """The codes of the languages asked for, which may be given as English names.

        Raises:
            ValueError: a language that XNLI does not have, none, or one twice.
        """
        by_name = {name: code for code, name in LANGUAGES.items()} | {code: code for code in LANGUAGES}
        for name in self.languages:
            if name.lower() in DUTCH:
                raise ValueError(
                    f"XNLI has no Dutch ({name!r}). Paper A's Table 2 says Dutch, but the share of "
                    "pretraining data it prints (0.17 %) is German's in Llama 2: ask for de instead"
                )
            if name.lower() not in by_name:
                hint = did_you_mean(name, by_name)
                raise ValueError(f"XNLI has no language {name!r}; it has {', '.join(LANGUAGES)}{hint}")
        codes = [by_name[name.lower()] for name in self.languages]
        if not codes or len(set(codes)) < len(codes):
            raise ValueError(f"--languages is {list(self.languages)}; name at least one, and each once")
        return codes

    def _row(self, number: int, record: dict[str, Any] | BadRow, language: str | None) -> Row:
        place = f"xnli/{self.split}/{language or 'unknown'}"
        fixed = {"id": f"{place}/line-{number}", "dataset": "xnli", "task": "label"}
        try:
            if isinstance(record, BadRow):
                raise record
            if language is None:
                raise BadRow(UNKNOWN_LANGUAGE, f"the language is {record.get('language')!r:.100}")
            fixed["id"] = f"{place}/{key_field(record, 'pairID')}"
            gold = record.get("gold_label")
            label = None if gold == "-" else read_label(gold, self._lookup)
            fields = {ours: record[theirs] for ours, theirs in FIELDS.items() if theirs in record}
            text = fill_document(self.task.document, fields)
        except BadRow as bad:
            return failed_row(bad, **fixed, language=language)
        return live_row(**fixed, language=language, text=text, human_label=label)
