"""Conversations as samples: one per answer of the assistant, the history inlined in the instruction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.base import DROPPED, EMPTY_TEXT, BadRow, Reason
from pipelines.schema import WRONG_TYPE, Row, failed_row, live_row
from pipelines.sources.tables.records import MALFORMED_RECORD, is_unicode, place_marks
from pipelines.sources.tables.table_files import Record

BAD_TURNS = Reason("bad_turns", "the two sides of the dialogue do not take turns")

HUMAN, ASSISTANT = "human", "assistant"
HUMAN_TAG, ASSISTANT_TAG = "\n### Human: ", "\n### Assistant: "
TOO_LONG = Reason("dialogue_too_long", "question and answer are longer than the limit")
UNFIT = Reason("unfit_reply", "the answer speaks of a picture nobody sees, or of being a language model")
# Text-only answers that speak of pictures nobody sees, or of themselves; the authors left out such ones, in
# English. Words that mean other things too ("Bild", "imagen", "形象") are left out.
UNFIT_WORDS = re.compile(
    r"\b(?:images?|photos?|pictures?|photographs?|screenshots?|i[’']m sorry|i apologi[sz]e|language model"
    r"|as an ai|openai|chatgpt)\b"
    r"|\b(?:fotografías?|foto(?:s|graf\w+)?|captura de pantalla|modelo de (?:lenguaje|linguagem)|lo siento"
    r"|photographies?|capture d[’']écran|modèle de langage|sprachmodell|bildschirmfoto|tut mir leid"
    r"|фотографи\w+|фото|картинк\w+|изображени\w+|снимк\w+|скриншот\w*|языков\w+ модел\w+|езиков\w* модел\w*"
    r"|φωτογραφί\w+|γλωσσικό μοντέλο|fotoğraf\w*|ekran görüntüsü|dil modeli"
    r"|hình ảnh|bức ảnh|mô hình ngôn ngữ"
    r"|picha|modeli ya lugha)\b"
    r"|图片|圖片|照片|图像|圖像|截图|语言模型|語言模型|人工智能助手"
    r"|写真|画像|スクリーンショット|言語モデル|사진|스크린샷|언어 모델"
    r"|รูปภาพ|ภาพถ่าย|โมเดลภาษา|แบบจำลองภาษา|في الصورة|صورة فوتوغرافية|نموذج لغوي|तस्वीर|फ़ोटो|भाषा मॉडल"
    r"|تصویر|زبان کا ماڈل",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Turn:
    """What one side said."""

    role: str
    text: str


@dataclass(frozen=True)
class Dialogue:
    """A conversation of one record, its pictures, and what else its rows have."""

    turns: Sequence[Turn]
    images: Sequence[str] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)


def read_dialogues(
    records: Iterable[Record],
    read: Callable[[dict[str, Any]], Dialogue],
    *,
    file: str,
    task: str = "text",
    max_chars: int | None = None,
) -> Iterator[Row]:
    """The rows of all records of `file` (`<dataset>/<name>`), as `dialogue_rows` makes them with
    ids from `<file>/<record>`; a record that cannot be read is one failed row."""
    for number, record in records:
        fixed = {"id": f"{file}/{number}", "dataset": file.partition("/")[0], "task": task}
        try:
            if isinstance(record, BadRow):
                raise record
            yield from dialogue_rows(read(record), max_chars, **fixed)
        except BadRow as bad:
            yield failed_row(bad, **fixed)


def dialogue_rows(
    dialogue: Dialogue, max_chars: int | None = None, *, id: str, dataset: str, task: str
) -> Iterator[Row]:
    """A row `<id>-<answer's number>` per answer; a blank answer is a failed row.

    The picture mark stands at the end of the instruction, behind the question that is answered. An
    instruction and answer of more than `max_chars` characters together are a dropped row, and so is an
    answer without a picture that speaks of one, or of being a language model.

    Raises:
        BadRow(bad_turns): the two sides do not take turns, beginning with the human.
    """
    pairs = _pairs(dialogue.turns)
    history = ""
    for number, (question, answer) in enumerate(pairs, 1):
        fixed = {"id": f"{id}-{number}", "dataset": dataset, "task": task}
        instruction = history + question
        history = f"{instruction}{ASSISTANT_TAG}{answer}{HUMAN_TAG}"
        if not answer:
            yield failed_row(BadRow(EMPTY_TEXT, f"answer {number} is blank"), **fixed)
            continue
        row = live_row(
            **fixed,
            instruction=place_marks(instruction, len(dialogue.images)),
            images=list(dialogue.images),
            response=answer,
            **dialogue.columns,
        )
        length = len(instruction) + len(answer)
        unfit = None if dialogue.images else UNFIT_WORDS.search(answer)
        if unfit:
            row |= {"status": DROPPED, "reason": UNFIT, "detail": f"the answer says {unfit[0]!r}"}
        if max_chars is not None and length > max_chars:
            row |= {"status": DROPPED, "reason": TOO_LONG}
            row |= {"score": float(length), "threshold": float(max_chars)}
        yield row


def read_text(value: Any, place: str) -> str:
    """The stripped text of one turn.

    Raises:
        BadRow: wrong_type, or malformed_record for half a character.
    """
    if not isinstance(value, str):
        raise BadRow(WRONG_TYPE, f"{place} is {value!r:.100} ({type(value).__name__}), expected text")
    if not is_unicode(value):
        raise BadRow(MALFORMED_RECORD, f"{place} holds bytes that are no characters")
    return value.strip()


def read_turns(value: Any, roles: dict[str, str]) -> list[Turn]:
    """Turns of a ShareGPT-style list `[{"from": …, "value": …}]`; `roles` says who is who.

    A system text is left out, and so is an answer that comes before any question.

    Raises:
        BadRow(bad_turns): not such a list, or an unknown speaker.
    """
    if not isinstance(value, list) or not value:
        raise BadRow(BAD_TURNS, f"conversations is {value!r:.100}, expected a list of turns")
    turns: list[Turn] = []
    for number, entry in enumerate(value, 1):
        if not isinstance(entry, dict):
            raise BadRow(BAD_TURNS, f"turn {number} is {entry!r:.100}, expected from and value")
        speaker = entry.get("from")
        role = roles.get(speaker) if isinstance(speaker, str) else None
        if role is None and speaker != "system":
            raise BadRow(BAD_TURNS, f"turn {number} is from {speaker!r:.60}, expected {', '.join(roles)}")
        if role is not None and (turns or role == HUMAN):
            turns.append(Turn(role, read_text(entry.get("value"), f"turn {number}")))
    return turns


def _pairs(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """(question, answer) in order; a closing question without an answer is left out."""
    for number, turn in enumerate(turns, 1):
        expected = HUMAN if number % 2 else ASSISTANT
        if turn.role != expected:
            raise BadRow(BAD_TURNS, f"turn {number} is the {turn.role}'s, expected the {expected}'s")
        if turn.role == HUMAN and not turn.text:
            raise BadRow(EMPTY_TEXT, f"turn {number} (the human's) is blank")
    if len(turns) < 2:
        raise BadRow(BAD_TURNS, f"{len(turns)} turns, expected a question and an answer at least")
    return [(turns[i].text, turns[i + 1].text) for i in range(0, len(turns) - 1, 2)]
