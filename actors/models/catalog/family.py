"""What the catalog has to be told about a family of models, once for all of its members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.text_generator import TextGenerator

DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class EngineOptions:
    """How an engine runs."""

    dtype: str = "auto"
    """Of the weights; auto: float32 on a CPU, bfloat16 on a GPU."""
    device: str = "auto"
    """cpu, cuda or cuda:N; auto: a GPU where there is one."""
    token_budget: int = 8192
    """Padded tokens of one model batch at most."""
    max_batch: int | None = None
    """Rows of one model batch at most; by default 32, and 16 for picture models on a CPU."""
    base_url: str | None = None
    """Endpoints: address up to /v1, such as http://host:8000/v1."""
    max_in_flight: int = 64
    """Endpoints: requests that a worker has open at once."""
    timeout_s: float = 120.0
    """Endpoints: seconds to wait for an answer."""
    max_retries: int = 5
    """Endpoints: how often a request is sent again before its row fails."""

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype {self.dtype!r} is unknown; choose one of {', '.join(DTYPES)}")
        for name in ("token_budget", "max_in_flight", "timeout_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a number above 0")
        if self.max_batch is not None and self.max_batch < 1:
            raise ValueError(f"max_batch is {self.max_batch}; expected 1 or more, or leave it out")
        if self.max_retries < 0:
            raise ValueError(f"max_retries is {self.max_retries}; expected 0 or more")


Loader = Callable[[AnnotatorModel, EngineOptions, bool], TextGenerator]


@dataclass(frozen=True)
class Family:
    """Models that are recognised, checked and loaded alike.

    `engines` maps each engine that runs them, the preferred one first, to what loads a model behind it:
    called in the worker with the model, the options and whether to show it pictures; it imports its engine
    only then. `recognises` is asked on the driver, without torch, about a model that has no entry of its own
    in the table of annotators: its name, and its folder where it lies on this machine. `check` raises
    ValueError for weights that cannot be loaded. `summary`, `conversation` and `uses_image` become those of
    a recognised model; `picture_size` is the side in pixels of its pictures, None = as they are.
    """

    name: str
    summary: str
    engines: Mapping[str, Loader]
    recognises: Callable[[str, Path | None], bool]
    check: Callable[[AnnotatorModel], None]
    conversation: str = "raw"
    uses_image: bool = False
    picture_size: int | None = None
    counts_ngrams: bool = True  # False where `no_repeat_ngram` cannot be kept

    def model(self, name: str, checkpoint: str) -> AnnotatorModel:
        """A member that nothing more is known about."""
        return AnnotatorModel(
            name, checkpoint, self.summary, self.name, self.conversation, uses_image=self.uses_image
        )
