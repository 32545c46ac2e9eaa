"""The stages that score and filter rewritten responses, alone or behind the rewriter in one flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actors.base import Actor, Annotator, Filter
from actors.filters.catalog import RESPONSE_FILTERS
from actors.filters.length import LengthFilter
from actors.filters.limits import limits_of
from actors.filters.paragraph_repair import LowParagraphs, ParagraphFilter, ParagraphRepair
from actors.pictures.image_reader import ImageReader
from actors.scorers.paragraphs import ClipScorer, ItmScorer
from actors.scorers.reward import RewardScorer
from actors.scorers.similarity import NliScorer, RougeScorer, StsScorer
from actors.together import Together
from pipelines.engine.pipeline import Stage
from pipelines.recipes.filter.settings import LIMITS, Limits, Scoring, standard_limits
from pipelines.recipes.flags import PoolFlags

SMALL_POOL_CPUS = 0.25  # text work beside a model


@dataclass(frozen=True)
class Filtering:
    """The scores to take and the limits to apply to rewritten responses.

    `knows_finish`: rows have `finish_reason`, as those of a rewriting run do.
    """

    scoring: Scoring
    limits: Limits = field(default_factory=standard_limits)
    knows_finish: bool = False

    def as_json(self) -> dict[str, Any]:
        """What a manifest says about it; `from_json` reads it back."""
        scoring, limits = asdict(self.scoring), dict(self.limits)
        return {"scoring": scoring, "limits": limits, "knows_finish": self.knows_finish}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Filtering:
        """The settings of a scored run."""
        stored = {name: value for name, value in content["limits"].items() if name in LIMITS}
        limits = standard_limits().changed(stored)
        return cls(Scoring(**content["scoring"]), limits, content["knows_finish"])


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
    scores = Together((*scorers(filtering.scoring), *paragraph_repair(filtering)))
    behind = [
        part if isinstance(part, Filter) else Stage(part, cpus=SMALL_POOL_CPUS)
        for part in _with_repair(filters(filtering))
    ]
    return [*reader, pool.stage(scores), *behind]


def scorers(scoring: Scoring) -> list[Annotator]:
    """An actor for every score, the cheap one first."""
    taken: list[Annotator] = [RougeScorer()]
    if scoring.sts is not None:
        taken.append(StsScorer(scoring.sts))
    if scoring.nli is not None:
        taken.append(NliScorer(scoring.nli))
    if scoring.clip is not None:
        taken.append(ClipScorer(scoring.clip))
    if scoring.itm is not None:
        taken.append(ItmScorer(scoring.itm))
    if scoring.reward is not None:
        taken.append(RewardScorer(scoring.reward))
    return taken


def filters(filtering: Filtering) -> list[Filter]:
    """The filters in the order of paper B; one whose score is not taken is left out."""
    taken = {column for scorer in scorers(filtering.scoring) for column in scorer.writes}
    taken |= {column for finder in paragraph_repair(filtering) for column in finder.writes}
    return [
        _filter(kind, filtering) for kind in RESPONSE_FILTERS if kind.score is None or kind.score in taken
    ]


def _filter(kind: type[Filter], filtering: Filtering) -> Filter:
    settings: dict[str, Any] = {key: filtering.limits[limit.name] for key, limit in limits_of(kind).items()}
    if kind is LengthFilter:
        settings["knows_finish"] = filtering.knows_finish
    if kind is ParagraphFilter:
        settings["min_score"] = _paragraph_limit(filtering)
    return kind(**settings)


def paragraph_repair(filtering: Filtering) -> list[LowParagraphs]:
    """What finds the paragraphs to take out, where paragraphs are scored."""
    column = filtering.scoring.paragraph_scores
    if column is None:
        return []
    single = bool(filtering.limits["judge_single_paragraph"])
    return [LowParagraphs(_paragraph_limit(filtering), column, single)]


def decisions(filtering: Filtering) -> list[Actor]:
    """Everything behind the scores, in the order of `filter_stages`: no model, no pictures."""
    return [*paragraph_repair(filtering), *_with_repair(filters(filtering))]


def _with_repair(chosen: Sequence[Filter]) -> list[Filter | ParagraphRepair]:
    """The filters with the repair of paragraphs before the one that looks at what it left."""
    parts: list[Filter | ParagraphRepair] = []
    for one in chosen:
        parts += [ParagraphRepair(), one] if isinstance(one, ParagraphFilter) else [one]
    return parts


def _paragraph_limit(filtering: Filtering) -> float:
    itm = filtering.scoring.itm is not None
    return filtering.limits["min_itm_score" if itm else "min_clip_score"]


def _needs_pictures(filtering: Filtering, image_root: Path | None) -> bool:
    return image_root is not None and filtering.scoring.paragraph_scores is not None
