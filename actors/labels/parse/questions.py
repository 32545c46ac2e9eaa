"""Questions that an answer asks and answers itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actors.labels.parse.answer_text import is_question
from actors.labels.parse.claims import complements
from actors.labels.parse.mentions import all_mentions, find_mentions
from actors.labels.parse.statements import is_list
from actors.prompts.task import Task

# "Yes.", "No, it is a drama.", not "No comedy"
_VERDICT_FIRST = re.compile(
    r"\W*(?:(?P<yes>yes|ja|oui|sí|да|evet|نعم|có|ใช่|是的?|हाँ|हां|ndiyo|ہاں|はい|네|ναι)(?!\w)"
    r"|(?:(?:absolutely|definitely|certainly|surely|of course) not|no(?:pe|t (?:really|at all|quite"
    r"|exactly))?|nein|non|нет|не|hayır|لا|không|ไม่|不是?|नहीं|hapana|نہیں|いいえ|아니요?|όχι)"
    r"(?=\s*(?:[,،;.!:。।۔–—-]|$)|\s+it\b))(?P<rest>.*)",
    re.IGNORECASE,
)


def answer_questions(task: Task, sentences: Sequence[str]) -> list[str]:
    """`sentences` with "Drama? Yes." as the statement "Drama", and without "Comedy? No.".

    Where a label is another's negation, a no to the one is the other. A yes or no that is itself a label of
    the task stays as it is."""
    statements: list[str] = []
    for sentence in sentences:
        verdict = _VERDICT_FIRST.match(sentence)
        mentions = all_mentions(task, statements[-1]) if verdict and statements else []
        is_bare = verdict is not None and not verdict["rest"].strip(" ,.!،。।۔")
        if not verdict or not mentions or (is_bare and find_mentions(task, sentence)):
            statements.append(sentence)
            continue
        question = statements[-1]
        is_item = is_bare and len(mentions) == 1 and is_list(question, mentions)
        if not is_question(question) and not is_item:
            statements.append(sentence)
            continue
        names = [question[mention.start : mention.end] for mention in mentions]
        if not verdict["yes"]:
            names = [opposite for one in mentions if (opposite := complements(task).get(one.label))]
        statements[-1:] = [", ".join(names)] if names else []
        if not is_bare:
            statements.append(sentence)
    return statements
