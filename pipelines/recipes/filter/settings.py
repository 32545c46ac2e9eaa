"""What the filters run on: scoring models by role and limits, as flags and resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from pipelines.model_sets import POCKET, load_model_set, resolve_model

Score = Literal["sts", "clip", "nli", "reward"]
SCORES: tuple[Score, ...] = ("sts", "nli", "clip", "reward")


@dataclass(frozen=True)
class ScoreFlags:
    """Which models score the responses."""

    models: str = "pocket"
    """Model set: paper, pocket, or a YAML file. Each model below: a hub id, a folder, or pocket."""
    sts: str | None = None
    """Sentence embedding, for captions."""
    clip: str | None = None
    """CLIP, for captions of one picture: ARCHITECTURE/TAG of open_clip or a folder."""
    nli: str | None = None
    """Cross-encoder of contradiction, entailment, neutral, for answers."""
    reward: str | None = None
    """Reward model, for every response and its raw one; it decides nothing."""
    itm: str | None = None
    """BLIP-2 matching (lavis:blip2_image_text_matching/pretrain or a folder) in place of CLIPScore."""
    without: tuple[Score, ...] = ()
    """Scores to leave out, and with them their filters."""


@dataclass(frozen=True)
class LimitFlags:
    """Where the filters cut. What is left out comes from the scored run, the pocket model, or paper B."""

    min_words: int | None = None
    """Fewest words of a response (2)."""
    max_words: int | None = None
    """Most words of a response (400)."""
    max_repeats: int | None = None
    """Times the same sentence may not occur (3)."""
    min_sts: float | None = None
    """Lowest similarity of a caption to the raw one (0.40)."""
    min_clip_score: float | None = None
    """Lowest CLIPScore of a paragraph, 100 x cosine (17.0)."""
    min_itm_score: float | None = None
    """Lowest matching score of a paragraph, 0 to 100, with --itm (50; paper B has none)."""
    max_contradiction_lead: float | None = None
    """How far contradiction may lead the other two logits (0)."""
    judge_single_paragraph: bool | None = None
    """Also judge the paragraph of a caption that has only one (no)."""


@dataclass(frozen=True)
class Limits:
    """Where the filters cut; the defaults are paper B's where it names a figure, else ours."""

    min_words: int = 2
    max_words: int = 400
    max_repeats: int = 3
    min_sts: float = 0.40
    min_clip_score: float = 17.0
    min_itm_score: float = 50.0
    max_contradiction_lead: float = 0.0
    judge_single_paragraph: bool = False

    def changed(self, flags: LimitFlags) -> Limits:
        """These limits with every flag that was given."""
        given = {name: value for name, value in asdict(flags).items() if value is not None}
        return Limits(**{**asdict(self), **given})


@dataclass(frozen=True)
class Scoring:
    """Folder or name of every model that scores; None = not scored."""

    sts: str | None = None
    clip: str | None = None
    nli: str | None = None
    reward: str | None = None
    itm: str | None = None

    @property
    def paragraph_scores(self) -> str | None:
        """The column that paragraphs are judged by."""
        if self.itm is not None:
            return "paragraph_itm_scores"
        return "paragraph_clip_scores" if self.clip is not None else None


def resolve_scoring(flags: ScoreFlags, *, pictures: bool) -> tuple[Scoring, Limits]:
    """The models by role, and the limits that go with them. Without `pictures` paragraphs are not scored.

    Raises:
        ValueError: an unknown set, or a pocket model that is not trained yet.
    """
    chosen = load_model_set(flags.models)
    left_out = set(flags.without) | (set() if pictures else {"clip"})
    if flags.itm is not None:
        left_out.add("clip")
    values = {role: getattr(flags, role) or getattr(chosen, role) for role in SCORES if role not in left_out}
    found = {role: resolve_model(role, value) for role, value in values.items()}
    itm = flags.itm if pictures else None
    calibrated = [role for role, value in values.items() if value == POCKET]
    return Scoring(**found, itm=itm), _calibrated_limits(calibrated)


def _calibrated_limits(roles: Sequence[str]) -> Limits:
    """Paper B's limits belong to its models; a pocket model brings its own."""
    from actors.models.weights.pocket import THRESHOLDS, pocket_place, pocket_thresholds

    names = [item.name for item in fields(Limits)]
    limits: dict[str, Any] = {}
    for role in roles:
        if role != "reward" and (pocket_place(role) / THRESHOLDS).is_file():
            known: Mapping[str, float] = pocket_thresholds(role)
            limits |= {name: value for name, value in known.items() if name in names}
    return Limits(**limits)
