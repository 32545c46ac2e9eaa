"""The stages that score and filter rewritten responses, alone or behind the rewriter in one flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actors.base import Actor, Annotator, Filter
from actors.filters.catalog import RESPONSE_FILTERS
from actors.filters.limits import limits_of
from actors.filters.paragraph_repair import LowParagraphs, ParagraphFilter, ParagraphRepair
from actors.filters.rules import LengthFilter
from actors.pictures.image_reader import ImageReader
from actors.scorers.paragraphs import ClipScorer, ItmScorer
from actors.scorers.reward import RewardScorer
from actors.scorers.similarity import NliScorer, RougeScorer, StsScorer
from actors.together import Together
from pipelines.engine.pipeline import Stage
from pipelines.recipes.filter.settings import LIMITS, Limits, Scoring, standard_limits
from pipelines.recipes.flags import PoolFlags

SMALL_POOL_CPUS = 0.25  # text work beside a model
SCORERS: Mapping[str, Callable[[str], Annotator]] = {
    "sts": StsScorer, "nli": NliScorer, "clip": ClipScorer, "itm": ItmScorer, "reward": RewardScorer
}  # fmt: skip


@dataclass(frozen=True)
class Filtering:
    """The scores to take and the limits to apply to rewritten responses.

    `knows_finish`: rows have `finish_reason`, as those of a rewriting run do.
    """

    scoring: Scoring
    limits: Limits = field(default_factory=standard_limits)
    knows_finish: bool = False

    def as_json(self) -> dict[str, Any]:
        """The settings as a manifest holds them; `from_json` reads them back."""
        scoring, limits = asdict(self.scoring), dict(self.limits)
        return {"scoring": scoring, "limits": limits, "knows_finish": self.knows_finish}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Filtering:
        """The settings of a scored run."""
        known_limits = {name: value for name, value in content["limits"].items() if name in LIMITS}
        limits = standard_limits().changed(known_limits)
        return cls(Scoring(**content["scoring"]), limits, content["knows_finish"])


def filter_stages(
    filtering: Filtering, pool: PoolFlags, *, image_root: Path | None = None
) -> list[Stage | Filter]:
    """All scores first, in one pool, then the filters in the order of paper B, appendix D.

    Every row is scored, those of a later drop too, so that limits can be moved without a model. With
    `image_root` a stage reads the pictures; leave it out where an earlier stage has done so.
    """
    needs_pictures = image_root is not None and filtering.scoring.paragraph_scores is not None
    reader = [Stage(ImageReader(str(image_root)), batch_size=64)] if needs_pictures else []
    scores = Together((*scorers(filtering.scoring), *paragraph_repair(filtering)))
    parts = _with_repair(filters(filtering))
    behind = [part if isinstance(part, Filter) else Stage(part, cpus=SMALL_POOL_CPUS) for part in parts]
    return [*reader, pool.stage(scores), *behind]


def scorers(scoring: Scoring) -> list[Annotator]:
    """An actor for every score, the cheap one first."""
    models = {role: getattr(scoring, role) for role in SCORERS}
    return [RougeScorer(), *(SCORERS[role](model) for role, model in models.items() if model is not None)]


def filters(filtering: Filtering) -> list[Filter]:
    """The filters in the order of paper B; one whose score is not taken is left out."""
    annotators = [*scorers(filtering.scoring), *paragraph_repair(filtering)]
    columns = {None, *(column for annotator in annotators for column in annotator.writes)}
    return [_filter(kind, filtering) for kind in RESPONSE_FILTERS if kind.score in columns]


def _filter(kind: type[Filter], filtering: Filtering) -> Filter:
    settings: dict[str, Any] = {key: filtering.limits[limit.name] for key, limit in limits_of(kind).items()}
    if kind is LengthFilter:
        settings["knows_finish"] = filtering.knows_finish
    if kind is ParagraphFilter:
        settings["min_score"] = _paragraph_limit(filtering)
    return kind(**settings)


def paragraph_repair(filtering: Filtering) -> list[LowParagraphs]:
    """The actor that finds the paragraphs to take out; empty where paragraphs are not scored."""
    column = filtering.scoring.paragraph_scores
    if column is None:
        return []
    single = bool(filtering.limits["judge_single_paragraph"])
    return [LowParagraphs(_paragraph_limit(filtering), column, single)]


def decisions(filtering: Filtering) -> list[Actor]:
    """All actors behind the scorers, in the order of `filter_stages`: no model, no pictures."""
    return [*paragraph_repair(filtering), *_with_repair(filters(filtering))]


def _with_repair(filters_in_order: Sequence[Filter]) -> list[Filter | ParagraphRepair]:
    """The filters with the repair of paragraphs before the filter of rows that have none left."""
    parts: list[Filter | ParagraphRepair] = []
    for one in filters_in_order:
        parts += [ParagraphRepair(), one] if isinstance(one, ParagraphFilter) else [one]
    return parts


def _paragraph_limit(filtering: Filtering) -> float:
    itm = filtering.scoring.itm is not None
    return filtering.limits["min_itm_score" if itm else "min_clip_score"]
