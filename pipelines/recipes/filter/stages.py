"""The stages that score and filter rewritten responses, alone or behind the rewriter in one flow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actors.base import Actor, Annotator, Filter
from actors.filters.change import ChangeFilter
from actors.filters.length import LengthFilter
from actors.filters.paragraph_repair import LowParagraphs, ParagraphFilter, ParagraphRepair
from actors.filters.scores import NliFilter, StsFilter
from actors.pictures.image_reader import ImageReader
from actors.scorers.clip import ClipScorer
from actors.scorers.itm import ItmScorer
from actors.scorers.nli import NliScorer
from actors.scorers.reward import RewardScorer
from actors.scorers.rouge import RougeScorer
from actors.scorers.sts import StsScorer
from actors.together import Together
from pipelines.engine.pipeline import Stage
from pipelines.recipes.filter.settings import Limits, Scoring
from pipelines.recipes.flags import PoolFlags

SMALL_POOL_CPUS = 0.25  # text work beside a model


@dataclass(frozen=True)
class Filtering:
    """The scores to take and the limits to apply to rewritten responses.

    `knows_finish`: rows have `finish_reason`, as those of a rewriting run do.
    """

    scoring: Scoring
    limits: Limits = field(default_factory=Limits)
    knows_finish: bool = False

    def as_json(self) -> dict[str, Any]:
        """What a manifest says about it; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Filtering:
        """The settings of a scored run."""
        return cls(Scoring(**content["scoring"]), Limits(**content["limits"]), content["knows_finish"])


def filter_stages(
    filtering: Filtering, pool: PoolFlags, *, image_root: Path | None = None
) -> list[Stage | Filter]:
    """All scores first, in one pool, then the filters in the order of paper B, appendix D.

    Every row is scored, those of a later drop too, so that limits can be moved without a model. With
    `image_root` a stage reads the pictures; leave it out where an earlier stage has done so.
    """
    reader = (
        [Stage(ImageReader(str(image_root)), batch_size=64)] if _needs_pictures(filtering, image_root) else []
    )
    repair = paragraph_repair(filtering)
    scores = Together((*scorers(filtering.scoring), *repair[:1]))
    scoring: list[Stage | Filter] = [pool.stage(scores), *text_filters(filtering)]
    if repair:
        scoring.append(Stage(ParagraphRepair(), cpus=SMALL_POOL_CPUS))
    return [*reader, *scoring, *last_filters(filtering)]


def scorers(scoring: Scoring) -> list[Annotator]:
    """An actor for every score, the cheap one first."""
    found: list[Annotator] = [RougeScorer()]
    if scoring.sts is not None:
        found.append(StsScorer(scoring.sts))
    if scoring.nli is not None:
        found.append(NliScorer(scoring.nli))
    if scoring.clip is not None:
        found.append(ClipScorer(scoring.clip))
    if scoring.itm is not None:
        found.append(ItmScorer(scoring.itm))
    if scoring.reward is not None:
        found.append(RewardScorer(scoring.reward))
    return found


def text_filters(filtering: Filtering) -> list[Filter]:
    """The filters before the repair of paragraphs."""
    limits = filtering.limits
    length = LengthFilter(
        limits.min_words, limits.max_words, limits.max_repeats, knows_finish=filtering.knows_finish
    )
    similarity = [StsFilter(limits.min_sts)] if filtering.scoring.sts is not None else []
    return [length, ChangeFilter(), *similarity]


def paragraph_repair(filtering: Filtering) -> list[LowParagraphs]:
    """What finds the paragraphs to take out, where paragraphs are scored."""
    column = filtering.scoring.paragraph_scores
    if column is None:
        return []
    return [LowParagraphs(_paragraph_limit(filtering), column, filtering.limits.judge_single_paragraph)]


def last_filters(filtering: Filtering) -> list[Filter]:
    """The filters behind the repair of paragraphs."""
    found: list[Filter] = []
    if filtering.scoring.paragraph_scores is not None:
        found.append(ParagraphFilter(_paragraph_limit(filtering)))
    if filtering.scoring.nli is not None:
        found.append(NliFilter(filtering.limits.max_contradiction_lead))
    return found


def decisions(filtering: Filtering) -> list[Actor]:
    """Everything behind the scores, in the order of `filter_stages`: no model, no pictures."""
    found = paragraph_repair(filtering)
    repair = [ParagraphRepair()] if found else []
    return [*found, *text_filters(filtering), *repair, *last_filters(filtering)]


def _paragraph_limit(filtering: Filtering) -> float:
    limits = filtering.limits
    return limits.min_itm_score if filtering.scoring.itm is not None else limits.min_clip_score


def _needs_pictures(filtering: Filtering, image_root: Path | None) -> bool:
    return image_root is not None and filtering.scoring.paragraph_scores is not None
