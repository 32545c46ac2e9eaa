"""Meanings of the reason codes of dropped and failed rows: those of our modules, and a run's own.

Every code is declared where it is raised; here they are brought together for whoever shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actors.apply import INVALID_TEXT
from actors.base import DROPPED, EMPTY_TEXT, FAILED, Actor, Filter, Reason
from actors.distortion.distorter import DistortedFilter, OverlapFilter
from actors.filters.catalog import RESPONSE_FILTERS
from actors.filters.paragraph_repair import WRONG_SCORES
from actors.filters.rewritten_text import MISSING_RESPONSE
from actors.labels.answered_filter import AnsweredFilter
from actors.models import text_generator
from actors.models.endpoint.constraints import OFF_LIST_OUTPUT
from actors.models.endpoint.replies import BAD_RESPONSE, CONNECTION, TIMEOUT, http_failure
from actors.models.weights.open_picture import IMAGE_TOO_LARGE, UNREADABLE_IMAGE
from actors.pictures.image_reader import IMAGE_OUTSIDE_ROOT, MISSING_IMAGE, REMOTE_IMAGE, TRUNCATED_IMAGE
from actors.pictures.mmbt_reader import NO_PICTURE
from actors.rewriter import EMPTY_DRAFT
from actors.together import Together
from pipelines.schema import LABEL_NOT_IN_TASK, NO_HUMAN_LABEL, NOT_IN_RUN, WRONG_TYPE
from pipelines.sources.dialogues import turns
from pipelines.sources.dialogues.grounding import BAD_BOXES, BAD_CAPTIONS
from pipelines.sources.mix import NOT_CHOSEN
from pipelines.sources.packaged.easy_vqa import BAD_RECORD
from pipelines.sources.papers.mm_imdb import MISSING_RECORD
from pipelines.sources.papers.xnli import UNKNOWN_LANGUAGE
from pipelines.sources.source import Source
from pipelines.sources.tables.label_cells import BAD_LABEL
from pipelines.sources.tables.records import BAD_ID, MALFORMED_RECORD, MISSING_FIELD, UNKNOWN_LABEL

Words = Mapping[str, Mapping[str, str]]  # status, then code → words

FILTERS: tuple[type[Filter], ...] = (*RESPONSE_FILTERS, DistortedFilter, OverlapFilter, AnsweredFilter)
DROPS = (NO_HUMAN_LABEL, LABEL_NOT_IN_TASK, NOT_IN_RUN, NOT_CHOSEN, turns.TOO_LONG, turns.UNFIT)
FAILURES = (
    BAD_BOXES, BAD_CAPTIONS, BAD_ID, BAD_LABEL, BAD_RECORD, BAD_RESPONSE, turns.BAD_TURNS, CONNECTION,
    EMPTY_DRAFT, text_generator.EMPTY_PROMPT, EMPTY_TEXT, text_generator.IMAGE_COUNT,
    text_generator.IMAGE_MARKS, IMAGE_OUTSIDE_ROOT, IMAGE_TOO_LARGE, INVALID_TEXT, MALFORMED_RECORD,
    MISSING_FIELD, MISSING_IMAGE, MISSING_RECORD, MISSING_RESPONSE, NO_PICTURE, OFF_LIST_OUTPUT,
    text_generator.PROMPT_REFUSED, REMOTE_IMAGE, TIMEOUT, text_generator.TOO_LONG,
    text_generator.TOO_MANY_IMAGES, TRUNCATED_IMAGE, UNKNOWN_LABEL, UNKNOWN_LANGUAGE,
    text_generator.UNKNOWN_TOKEN, UNREADABLE_IMAGE, WRONG_SCORES, WRONG_TYPE,
)  # fmt: skip


def _by_code(reasons: Iterable[Reason]) -> dict[str, str]:
    return {str(reason): reason.words for reason in reasons}


BUILT_IN: Words = {
    DROPPED: {code: words for kind in FILTERS for code, words in kind.reasons.items()} | _by_code(DROPS),
    FAILED: _by_code(FAILURES),
}
RESPONSE_REASONS = tuple(code for kind in RESPONSE_FILTERS for code in kind.reasons)
RULES = frozenset(code for kind in RESPONSE_FILTERS if kind.score is None for code in kind.reasons)


def reason_words(reason: str, words: Words | None = None, status: str | None = None) -> str:
    """Part of a sentence for a code: the run's own `words`, else ours, else the code in words.

    `status` is dropped or failed, where that is known.
    """
    for place in (words or {}, BUILT_IN):
        for marked in (status,) if status else (DROPPED, FAILED):
            if reason in place.get(marked, {}):
                return place[marked][reason]
    return _http_words(reason) or reason.replace("_", " ")


def run_words(actors: Iterable[Actor], source: Source | None = None) -> dict[str, dict[str, str]]:
    """The words of the codes that the actors of a run and its source declare, by status."""
    declared_there = source.declared_reasons() if source is not None else {}
    own = {str(code): str(words) for code, words in declared_there.items()}
    declared = {DROPPED: dict(own), FAILED: dict(own)}
    for actor in actors:
        for part in actor.parts if isinstance(actor, Together) else (actor,):
            status = DROPPED if isinstance(part, Filter) else FAILED
            declared[status] |= {str(code): str(words) for code, words in part.reasons.items()}
    return declared


def undeclared(reasons: Mapping[str, Mapping[str, int]], words: Words) -> dict[str, int]:
    """Rows by code, for codes that neither the run's `words` nor any module of ours declares."""
    return {
        code: number
        for status, counts in reasons.items()
        for code, number in counts.items()
        if code not in words.get(status, {}) and code not in BUILT_IN[status] and not _http_words(code)
    }


def _http_words(code: str) -> str | None:
    status = code.removeprefix("http_")
    return http_failure(int(status)).words if status != code and status.isdecimal() else None
