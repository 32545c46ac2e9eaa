"""Can a classifier tell distorted responses from real raw annotations? (paper B §3: they should be alike)

The two-sample test of Lopez-Paz and Oquab (2017): the AUROC of a classifier on texts it did not learn
from, 0.5 where the two kinds cannot be told apart and 1 where they always can.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.auroc import auroc, midranks
from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import Floats

FOLDS = 5
MIN_TEXTS = 20  # of each kind; fewer leave folds of a handful
NGRAMS, MAX_NGRAMS = (1, 3), 20_000
SURFACE = (
    "characters", "words", "letters per word", "capitals", "digits", "punctuation", "lines",
    "starts with a capital", "ends with a full stop", "one word",
)  # fmt: skip

Features = Literal["all", "surface"]


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
    words, letters = text.split(), max(1, len(text))
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
