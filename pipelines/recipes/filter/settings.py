"""Settings of the filters: scoring models by role and limits, as flags and resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

import tyro

from actors.did_you_mean import did_you_mean
from actors.filters.catalog import RESPONSE_FILTERS
from actors.filters.limits import Limit, limits_of
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


# Limits of the repair of paragraphs, beside those of the filters.
REPAIR_LIMITS = (
    Limit("min_itm_score", 50.0, "Lowest matching score of a paragraph, 0 to 100, with --itm"),
    Limit("judge_single_paragraph", False, "Also judge the paragraph of a caption that has only one"),
)
LIMITS: Mapping[str, Limit] = {
    limit.name: limit
    for limit in (*(limit for kind in RESPONSE_FILTERS for limit in limits_of(kind).values()), *REPAIR_LIMITS)
}


class Limits(dict[str, float]):
    """Limits of the filters.

    By the name of the flag, some of `LIMITS` or all; what is left out comes from the scored run, the pocket
    model, or paper B.

    Raises:
        ValueError: there is no limit of that name.
    """

    def __init__(self, **values: float) -> None:
        for name in values:
            if name not in LIMITS:
                known = ", ".join(LIMITS)
                raise ValueError(
                    f"there is no limit {name!r}{did_you_mean(name, LIMITS)}; expected one of {known}"
                )
        super().__init__(values)

    def changed(self, others: Mapping[str, float]) -> Limits:
        """These limits, overridden by `others`."""
        return Limits(**{**self, **others})


def standard_limits() -> Limits:
    """All of LIMITS: paper B's where it names a figure, else ours."""
    return Limits(**{name: limit.default for name, limit in LIMITS.items()})


def limit_flags(name: str | None = None) -> Any:
    """Configures the parser to offer a flag for each limit, prefixed by `name` (None: the argument's)."""

    def limits(**flags: float | None) -> Limits:
        return Limits(**{flag: value for flag, value in flags.items() if value is not None})

    flags = {flag: _flag_type(limit) for flag, limit in LIMITS.items()}
    keyword = Parameter.KEYWORD_ONLY
    parameters = [Parameter(flag, keyword, default=None, annotation=kind) for flag, kind in flags.items()]
    limits.__annotations__, limits.__dict__["__signature__"] = flags, Signature(parameters)
    return tyro.conf.arg(name=name, constructor=limits)


def _flag_type(limit: Limit) -> Any:
    default = ("no", "yes")[limit.default] if isinstance(limit.default, bool) else f"{limit.default:g}"
    words = tyro.conf.arg(help=f"{limit.words}.", help_behavior_hint=f"(default: {default})")
    return Annotated[type(limit.default) | None, words]


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
    base = load_model_set(flags.models)
    left_out = set(flags.without) | (set() if pictures else {"clip"})
    if flags.itm is not None:
        left_out.add("clip")
    values = {role: getattr(flags, role) or getattr(base, role) for role in SCORES if role not in left_out}
    models = {role: resolve_model(role, value) for role, value in values.items()}
    itm = flags.itm if pictures else None
    calibrated = [role for role, value in values.items() if value == POCKET]
    return Scoring(**models, itm=itm), _calibrated_limits(calibrated)


def _calibrated_limits(roles: Sequence[str]) -> Limits:
    """Standard limits, those of the pocket models of `roles` replaced by their calibrated ones."""
    from actors.models.weights.pocket import THRESHOLDS, pocket_place, pocket_thresholds

    limits = standard_limits()
    for role in roles:
        if role != "reward" and (pocket_place(role) / THRESHOLDS).is_file():
            thresholds = pocket_thresholds(role)
            limits = limits.changed({name: value for name, value in thresholds.items() if name in LIMITS})
    return limits
