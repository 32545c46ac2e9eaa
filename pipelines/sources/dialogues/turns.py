"""Conversations as samples: one per answer of the assistant, the history inlined in the instruction."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.base import DROPPED, EMPTY_TEXT, BadRow, Columns, Reason
from actors.models.text_generator import IMAGE_MARKS
from pipelines.schema import WRONG_TYPE, Row, failed_row, live_row
from pipelines.sources.dialogues.speakers import (
    ASSISTANT,
    BAD_TURNS,
    CALL,
    CALL_KEYS,
    HUMAN,
    OTHER_ROLES,
    RESULT,
    SPEAKER_KEYS,
    SYSTEM,
    TEXT_KEYS,
    Turn,
    read_text,
)
from pipelines.sources.source import Unused
from pipelines.sources.tables.records import IMAGE_MARK, Record, check_answer, place_marks

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

TAGS = {
    HUMAN: "\n### Human: ", ASSISTANT: "\n### Assistant: ", CALL: "\n### Tool call: ", RESULT: "\n### Tool: ",
}  # fmt: skip
BETWEEN = "\n\n"  # of what one side said in several turns
TEXT, PICTURES = "text", "vqa"  # tasks of rows without and with pictures
SYSTEM_COLUMN = "system"
DIALOGUE_COLUMNS: Columns = {
    SYSTEM_COLUMN: "string",  # what the system said before the question; no part of the instruction
}


@dataclass(frozen=True)
class Dialogue:
    """A conversation of one record, its pictures, what else its rows have, and what they have not (`unused`).

    With marks in the texts each stands for the next picture; without, every question is about all of them.
    """

    turns: Sequence[Turn]
    images: Sequence[str] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    unused: Sequence[str] = ()

    @property
    def marks(self) -> int:
        """Marks in what is asked."""
        return sum(turn.text.count(IMAGE_MARK) for turn in self.turns if turn.role != ASSISTANT)


@dataclass(frozen=True)
class _Part:
    """The turns of one side until the other one speaks, joined, and the pictures shown in them."""

    role: str
    text: str
    images: Sequence[str] = ()


def read_dialogues(
    records: Iterable[Record],
    read: Callable[[dict[str, Any]], Dialogue],
    *,
    file: str,
    unused: Unused,
    task: str = TEXT,
    max_chars: int | None = None,
    keep_unfit: bool = False,
) -> Iterator[Row]:
    """The rows of all records of `file` (`<dataset>/<name>`), as `dialogue_rows` makes them with
    ids from `<file>/<record>`; a record that cannot be read is one failed row. What no row has is counted."""
    for number, record in records:
        fixed = {"id": f"{file}/{number}", "dataset": file.partition("/")[0], "task": task}
        try:
            if isinstance(record, BadRow):
                raise record
            dialogue = read(record)
            yield from dialogue_rows(dialogue, max_chars, **fixed, keep_unfit=keep_unfit)
            unused.add([*dialogue.unused, *unused_turns(dialogue)])
        except BadRow as bad:
            yield failed_row(bad, **fixed)


def dialogue_rows(
    dialogue: Dialogue,
    max_chars: int | None = None,
    *,
    id: str,
    dataset: str,
    task: str,
    keep_unfit: bool = False,
) -> Iterator[Row]:
    """A row `<id>-<answer's number>` per answer, with the pictures that were shown before it. Where question
    or answer are blank it is a failed row, and the rows behind it do not have them in their history.

    Where no mark says it, the pictures stand at the end, behind the question that is answered. Several turns
    of one side are one. Calls of tools and their results are part of the instruction. An instruction and
    answer of more than `max_chars` characters together are a dropped row, and so is, in a dialogue without
    pictures, an answer that speaks of one, or of being a language model, unless `keep_unfit`.

    Raises:
        BadRow: bad_turns where no answer follows a question, or image_marks where pictures and marks differ.
    """
    parts = _from_first_question(_parts(dialogue))
    if not any(part.role == ASSISTANT for part in parts):
        last = parts[-1].role if parts else "assistant"
        raise BadRow(
            BAD_TURNS,
            f"turn {len(dialogue.turns)} is the {last}'s, expected the assistant's: there is no answer",
        )
    history: list[_Part] = []
    since: list[_Part] = []
    number = 0
    for part in parts:
        if part.role != ASSISTANT:
            since.append(part)
            continue
        number += 1
        fixed = {"id": f"{id}-{number}", "dataset": dataset, "task": task}
        try:
            row = _row(history, since, part.text, dialogue, fixed)
        except BadRow as bad:
            yield failed_row(bad, **fixed)
            history += [one for one in since if one.role == SYSTEM]
        else:
            history += [*since, part]
            unfit = not dialogue.images and not keep_unfit
            yield _with_limits(row, part.text, max_chars, unfit=unfit)
        since = []


def unused_turns(dialogue: Dialogue) -> list[str]:
    """The turns that are in no row: in front of the first question and behind the last answer."""
    roles = [turn.role for turn in dialogue.turns if turn.role != SYSTEM]
    first = roles.index(HUMAN)
    last = len(roles) - roles[::-1].index(ASSISTANT)
    return [
        *(f"{role} turn before any question" for role in roles[:first]),
        *(f"{role} turn behind the last answer" for role in roles[last:]),
        *(f"system turn (in column {SYSTEM_COLUMN}, shown to no model)" for turn in dialogue.turns
          if turn.role == SYSTEM),
    ]  # fmt: skip


def read_turns(value: Any, roles: Mapping[str, str]) -> list[Turn]:
    """Turns of a list `[{"from": …, "value": …}]` or `[{"role": …, "content": …}]`; `roles` says who is who.

    A text that is null is empty: it costs the answer that it belongs to.

    Raises:
        BadRow: bad_turns for no such list, or an unknown speaker; wrong_type where no turn has a text.
    """
    if not isinstance(value, list) or not value:
        raise BadRow(BAD_TURNS, f"conversations is {value!r:.100}, expected a list of turns")
    turns = [_turn(entry, number, OTHER_ROLES | dict(roles)) for number, entry in enumerate(value, 1)]
    if not any(turn.text for turn in turns):
        first = _first(value[0], TEXT_KEYS)
        raise BadRow(WRONG_TYPE, f"turn 1 is {first!r:.100}, expected text, and no other turn has one")
    return turns


def _turn(entry: Any, number: int, roles: Mapping[str, str]) -> Turn:
    if not isinstance(entry, dict):
        raise BadRow(BAD_TURNS, f"turn {number} is {entry!r:.100}, expected from and value")
    speaker, text = _first(entry, SPEAKER_KEYS), _first(entry, TEXT_KEYS)
    role = roles.get(speaker) if isinstance(speaker, str) else None
    if role is None:
        raise BadRow(BAD_TURNS, f"turn {number} is from {speaker!r:.60}, expected {', '.join(roles)}")
    calls = next((entry[name] for name in CALL_KEYS if entry.get(name)), None)
    if role == ASSISTANT and not text and calls:
        return Turn(CALL, json.dumps(calls, ensure_ascii=False))
    return Turn(role, "" if text is None else read_text(text, f"turn {number}"))


def _first(entry: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The value of the first of `names` that is there."""
    return next((entry[name] for name in names if name in entry), None)


def _parts(dialogue: Dialogue) -> list[_Part]:
    """The turns with the pictures that their marks stand for, those that follow each other on one side
    joined."""
    marks, pictures = dialogue.marks, len(dialogue.images)
    if marks and pictures and marks != pictures:
        raise BadRow(IMAGE_MARKS, f"{marks} {IMAGE_MARK} marks in the dialogue, {pictures} pictures")
    rest = list(dialogue.images)
    parts: list[_Part] = []
    for turn in dialogue.turns:
        wanted = 0 if turn.role == ASSISTANT else turn.text.count(IMAGE_MARK)
        images, rest = rest[:wanted], rest[wanted:]
        before = parts[-1] if parts else None
        if before and before.role == turn.role and turn.role in (HUMAN, ASSISTANT):
            text = BETWEEN.join(text for text in (before.text, turn.text) if text)
            parts[-1] = _Part(turn.role, text, [*before.images, *images])
        else:
            parts.append(_Part(turn.role, turn.text, images))
    return parts


def _from_first_question(parts: Sequence[_Part]) -> list[_Part]:
    """The parts from the first question on, and what the system said before it."""
    first = next((number for number, part in enumerate(parts) if part.role == HUMAN), len(parts))
    return [*(part for part in parts[:first] if part.role == SYSTEM), *parts[first:]]


def _row(
    history: Sequence[_Part],
    since: Sequence[_Part],
    answer: str,
    dialogue: Dialogue,
    fixed: Mapping[str, str],
) -> Row:
    """The live row of an answer to what was said `since` the last one, behind the `history`."""
    before = [*history, *since]
    if not answer:
        raise BadRow(EMPTY_TEXT, f"answer {fixed['id'].rpartition('-')[2]} is blank")
    blank = any(part.role == HUMAN and not part.text for part in since)
    if blank or not any(part.role == HUMAN for part in before):
        raise BadRow(EMPTY_TEXT, f"the question of answer {fixed['id'].rpartition('-')[2]} is blank")
    instruction = ""
    for part in before:
        if part.role != SYSTEM:
            instruction += (TAGS[part.role] if instruction else "") + part.text
    shown = [image for part in before for image in part.images]
    images = shown if dialogue.marks else list(dialogue.images)
    system = BETWEEN.join(part.text for part in before if part.role == SYSTEM and part.text)
    task = fixed["task"] if images else TEXT
    return live_row(
        id=fixed["id"],
        dataset=fixed["dataset"],
        task=PICTURES if images and task == TEXT else task,
        instruction=place_marks(instruction, len(images)),
        images=images,
        response=check_answer(answer),
        **{SYSTEM_COLUMN: system or None, **dialogue.columns},
    )


def _with_limits(row: Row, answer: str, max_chars: int | None, *, unfit: bool) -> Row:
    """The row, or the row dropped for its length or its answer."""
    said = UNFIT_WORDS.search(answer) if unfit else None
    if said:
        row |= {"status": DROPPED, "reason": UNFIT, "detail": f"the answer says {said[0]!r}"}
    length = len(row["instruction"]) - len(IMAGE_MARK) * len(row["images"]) + len(answer)
    if max_chars is not None and length > max_chars:
        row |= {"status": DROPPED, "reason": TOO_LONG}
        row |= {"score": float(length), "threshold": float(max_chars)}
    return row
