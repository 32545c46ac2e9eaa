"""Answers in tags, boxes and JSON, written out as lines of text: what is marked as the answer gets a lead."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from actors.labels.language.phrases import find_phrases

FINAL_LEAD = "Final answer: "
LONGEST_ANSWER = 120  # characters; what is longer is prose, and marks nothing
MOST_OBJECTS = 50  # JSON objects that are looked for in an answer

_NAMES = (
    r"(?:final[\s_-]?|predicted[\s_-]?|overall[\s_-]?|correct[\s_-]?)?(?:answers?|ans|labels?|outputs?|results?"
    r"|responses?|sentiment|category|categories|class(?:es)?|classification|prediction|verdict|decision|genres?"
    r"|final|solution|conclusion|judge?ment|tags?|topics?|polarity)"
)
# "<answer>positive</answer>", "<label>war", not "<b>war</b>"
_TAGGED = re.compile(
    rf"<\s*({_NAMES})(?:\s[^<>]{{0,80}})?>([^<>]*)(?:<\s*/\s*\1\s*>|(?=<)|\Z)", re.IGNORECASE
)
# "[ANSWER] positive [/ANSWER]", "[[positive]]", not "[1]"
_BRACKETED = re.compile(
    rf"\[({_NAMES})\]([^\[\]\n]{{1,{LONGEST_ANSWER}}})(?:\[/\1\])?|\[\[([^\[\]\n]{{1,{LONGEST_ANSWER}}})\]\]",
    re.IGNORECASE,
)
# "\\boxed{\\text{positive}}", not "boxed"
_BOXED = re.compile(r"\\f?box(?:ed)?\s*\{((?:[^{}]|\{[^{}]{0,200}\}){1,200})\}")
# "\\text{positive}", "\\mathbf{x}", not "text"
_COMMAND = re.compile(r"\\[a-zA-Z]{2,20}\s*\{([^{}]{0,200})\}")
# "$", "\\(", "\\]"
_MATHS = re.compile(r"\$+|\\[()\[\]]")
# "label", "final_answer", "Predicted label", not "colour"
_ANSWER_KEY = re.compile(rf"\W*{_NAMES}\W*", re.IGNORECASE)
# "reasoning", "first_thought", "explanation", not "label"
_REASON_KEY = re.compile(
    r".*(?:reason|rationale|explanation|explain|justif|thought|thinking|analysis|evidence|comment|note|steps?).*",
    re.IGNORECASE,
)
# "confidence", "score", not "label"
_MEASURE_KEY = re.compile(r".*(?:confiden|score|probab|certain|likelihood).*", re.IGNORECASE)
# "'label': 'war'" cut short, not "label: war"
_LOOSE_PAIR = re.compile(r"[\"']([\w\s-]{1,40})[\"']\s*:\s*[\"']([^\"'\n]{1,200})[\"']?")
# "{'label': 'war'}", not "{{x}}"
_FLAT_OBJECT = re.compile(r"\{[^{}]{1,4000}\}")


def write_out(text: str) -> str:
    """`text` with a line "Final answer: X" in place of every tag, box or JSON value that marks X as the
    answer; the other values of an object stand on lines before it."""
    text = _TAGGED.sub(lambda match: _answer_line(match[2]), text)
    text = _BOXED.sub(lambda match: _answer_line(_COMMAND.sub(r"\1", match[1])), text)
    if "\\" in text or "$" in text:
        text = _MATHS.sub(" ", _COMMAND.sub(r"\1", text))
    text = _BRACKETED.sub(lambda match: _answer_line(match[2] or match[3]), text)
    return _write_out_objects(text) if "{" in text else text


def _answer_line(content: str) -> str:
    """`content` on a line of its own, with the lead where it is no longer than an answer is."""
    content = content.strip()
    is_short = len(content) <= LONGEST_ANSWER and len(re.findall(r"[.!?。]\s", content)) == 0
    return f"\n{FINAL_LEAD if is_short else ''}{content}\n"


def _write_out_objects(text: str) -> str:
    parts, done = [], 0
    for start, end, value in _objects(text):
        lines = list(_lines(value))
        answers = [line for line in lines if line.startswith(FINAL_LEAD)]
        others = [line for line in lines if not line.startswith(FINAL_LEAD)]
        parts += [text[done:start], "\n", "\n".join([*others, *answers]), "\n"]
        done = end
    rest = text[done:]
    if not done and (pairs := _LOOSE_PAIR.findall(rest)):  # no object could be read: cut short, or misspelt
        return "\n".join(line for pair in pairs for line in _lines(dict([pair])))
    return "".join([*parts, rest])


def _objects(text: str) -> Iterator[tuple[int, int, Any]]:
    """Beginning, end and value of the JSON objects in `text`, or of Python's, which has other quotes."""
    decoder, place = json.JSONDecoder(strict=False), 0
    for _ in range(MOST_OBJECTS):
        place = text.find("{", place)
        if place < 0:
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            flat = _FLAT_OBJECT.match(text, place)
            value, end = (_literal(flat[0]), flat.end()) if flat else (None, place + 1)
        if isinstance(value, dict):
            yield place, end, value
            place = end
        else:
            place += 1


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _lines(value: dict[Any, Any]) -> Iterator[str]:
    """A line per value of an object, those of objects inside it among them."""
    for key, item in value.items():
        name = " ".join(str(key).replace("_", " ").split())
        items = item if isinstance(item, list) else [item]
        inner = [line for one in items if isinstance(one, dict) for line in _lines(one)]
        yield from inner
        words = [_spoken(one) for one in items if not isinstance(one, dict)]
        if not words or _MEASURE_KEY.fullmatch(name):
            continue
        text = ", ".join(words)
        if _is_answer_key(name):
            yield _answer_line(text).strip() or FINAL_LEAD.strip()
        elif _REASON_KEY.fullmatch(name) and not isinstance(item, bool):
            yield text
        else:
            yield f"{name}: {text}"


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else " ".join(str(value).split())


def _is_answer_key(name: str) -> bool:
    phrases = find_phrases(name)
    named = [*phrases["answer"], *phrases["subject"]]
    return _ANSWER_KEY.fullmatch(name) is not None or (0, len(name)) in named
