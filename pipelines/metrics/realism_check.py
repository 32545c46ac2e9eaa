"""The realism check of `distort`: its texts beside real raw annotations, as lines of `realism.json`.

Can a classifier tell distorted responses from real raw annotations? (paper B §3: they should be alike) This
is the two-sample test of Lopez-Paz and Oquab (2017): the AUROC of a classifier on texts it did not learn
from, 0.5 where the two kinds cannot be told apart and 1 where they always can.
"""

from __future__ import annotations

import json
import logging
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from actors.base import row_seed
from actors.word_breaks import split_words
from pipelines.manifest import write_json
from pipelines.metrics.auroc import auroc, midranks
from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import Floats

logger = logging.getLogger(__name__)
REALISM = "realism.json"
MAX_TEXTS = 2000  # of each kind; the interval is then about 0.03 wide
OVERALL, POLITE, RAW = "all distorted", "polite, before distortion", "raw against raw"
FOLDS = 5
MIN_TEXTS = 20  # of each kind; fewer leave folds of a handful
NGRAMS, MAX_NGRAMS = (1, 3), 20_000
SURFACE = (
    "characters", "words", "letters per word", "capitals", "digits", "punctuation", "lines",
    "starts with a capital", "ends with a full stop", "one word",
)  # fmt: skip

Features = Literal["all", "surface"]


@dataclass(frozen=True)
class RealismLine:
    """One comparison with the raw annotations: `texts` of each kind, AUROC by all features and by the
    surface alone."""

    name: str
    texts: int
    everything: Estimate
    surface: Estimate


@dataclass(frozen=True)
class Sample:
    """A text with the task and the row id that decide whether it is drawn."""

    id: str
    task: str
    text: str


def compare(distorted: Mapping[str, Sequence[Sample]], raw: Sequence[Sample], seed: int) -> list[RealismLine]:
    """A line per kind of text against the raw annotations, and one half of these against the other (0.5 by
    construction).

    Texts are drawn so that every task has as many of one kind as of the other, because answers of one word
    and captions are told apart without looking at style. Where no task is shared, all are taken.
    """
    lines = [_line(kind, samples, raw, seed) for kind, samples in distorted.items()]
    shuffled = sorted(raw, key=lambda sample: row_seed(seed + 1, sample.id))
    return [*lines, _line(RAW, shuffled[::2], shuffled[1::2], seed)]


def write_realism(folder: Path, against: str, lines: Sequence[RealismLine]) -> Path:
    """Writes the lines and what the raw annotations are called beside the run's manifest."""
    record = {"against": against, "max_texts": MAX_TEXTS, "lines": [asdict(line) for line in lines]}
    return write_json(folder / REALISM, record)


def read_realism(folder: Path) -> tuple[str, list[RealismLine]] | None:
    """Name of the raw annotations, and the lines; None where nothing was measured."""
    file = folder / REALISM
    if not file.is_file():
        return None
    record = json.loads(file.read_text())
    lines = [
        RealismLine(line["name"], line["texts"], Estimate(**line["everything"]), Estimate(**line["surface"]))
        for line in record["lines"]
    ]
    return record["against"], lines


def match_tasks(
    first: Sequence[Sample], second: Sequence[Sample], most: int, seed: int
) -> tuple[list[str], list[str]]:
    """Texts of both kinds, as many of each for every task that both have; all tasks where none is shared."""
    pools = [_by_task(samples, seed) for samples in (first, second)]
    shared = sorted(set(pools[0]) & set(pools[1]))
    if not shared:
        both = [sorted(samples, key=lambda one: row_seed(seed, one.id))[:most] for samples in (first, second)]
        return [one.text for one in both[0]], [one.text for one in both[1]]
    sizes = Counter({task: min(len(pools[0][task]), len(pools[1][task])) for task in shared})
    share = min(1.0, most / sizes.total())
    texts = [
        [text for task in shared for text in pool[task][: max(1, round(sizes[task] * share))]]
        for pool in pools
    ]
    return texts[0], texts[1]


def _line(name: str, samples: Sequence[Sample], annotations: Sequence[Sample], seed: int) -> RealismLine:
    distorted, raw = match_tasks(samples, annotations, MAX_TEXTS, seed)
    logger.info("realism: %s, %d texts against %d", name, len(distorted), len(raw))
    return RealismLine(
        name,
        min(len(distorted), len(raw)),
        distinguishability(distorted, raw, seed=seed),
        distinguishability(distorted, raw, features="surface", seed=seed),
    )


def _by_task(samples: Sequence[Sample], seed: int) -> Mapping[str, list[str]]:
    tasks: dict[str, list[str]] = {}
    for sample in sorted(samples, key=lambda one: row_seed(seed, one.id)):
        tasks.setdefault(sample.task, []).append(sample.text)
    return tasks


def distinguishability(
    distorted: Sequence[str], raw: Sequence[str], *, features: Features = "all", seed: int = 0
) -> Estimate:
    """AUROC over both kinds of text, each scored by the model of the folds it was left out of.

    `all` is n-grams of one to three characters with `SURFACE`, `surface` the latter alone: length, case
    and punctuation without words. Scores are ranks within a fold, because another fold's model has another
    zero point; the interval is DeLong's, which takes them as one sample.
    A text that occurs several times is always in one fold.
    """
    rows = len(distorted) + len(raw)
    if min(len(distorted), len(raw)) < MIN_TEXTS:
        return undefined(rows, f"fewer than {MIN_TEXTS} texts of a kind")
    from sklearn.model_selection import StratifiedGroupKFold

    texts = np.array([*distorted, *raw], dtype=object)
    labels = np.repeat([1, 0], [len(distorted), len(raw)])
    _, groups = np.unique([str(text) for text in texts], return_inverse=True)
    scores = np.zeros(rows)
    if groups.max() + 1 < FOLDS:
        return undefined(rows, "too few different texts to learn from")
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(texts, labels, groups):
        if len(set(labels[train])) < 2:
            return undefined(rows, "too few different texts to learn from")
        model = _classifier(features)
        model.fit(texts[train], labels[train])
        scores[test] = midranks(model.decision_function(texts[test])) / len(test)
    return auroc(scores, labels == 1)


def surface(texts: Sequence[str]) -> Floats:
    """The `SURFACE` figures of every text, shape `(texts, 10)`; counts as logarithms of 1 + count."""
    return np.array([_surface(text) for text in texts], dtype=np.float64).reshape(-1, len(SURFACE))


def _surface(text: str) -> list[float]:
    words, letters = split_words(text), max(1, len(text))
    stripped = text.strip()
    return [
        np.log1p(len(text)),
        np.log1p(len(words)),
        sum(map(len, words)) / max(1, len(words)),
        sum(map(str.isupper, text)) / letters,
        sum(map(str.isdigit, text)) / letters,
        sum(character in string.punctuation for character in text) / letters,
        np.log1p(text.count("\n")),
        float(stripped[:1].isupper()),
        float(stripped[-1:] == "."),
        float(len(words) == 1),
    ]


def _classifier(features: Features) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    parts: list[tuple[str, Any]] = [
        ("surface", make_pipeline(FunctionTransformer(_surface_of_array), StandardScaler()))
    ]
    if features == "all":
        ngrams = TfidfVectorizer(
            analyzer="char", ngram_range=NGRAMS, lowercase=False, sublinear_tf=True, max_features=MAX_NGRAMS
        )
        parts.append(("ngrams", ngrams))
    return make_pipeline(
        FeatureUnion(parts), LogisticRegression(C=1.0, max_iter=200, class_weight="balanced")
    )


def _surface_of_array(texts: NDArray[Any]) -> Floats:
    return surface([str(text) for text in texts])
