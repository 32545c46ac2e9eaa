"""Rouge-L in any script: Google's implementation, with words that it would throw away."""

from __future__ import annotations

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer, Tokenizer

from actors.word_breaks import bare_words


class ScriptTokenizer(Tokenizer):
    """Words in lower case, of every script.

    Google's own keeps a to z and 0 to 9 alone, so that two equal texts in Chinese, Russian or Thai score 0.
    Words of those letters come out as its do, stemmed by Porter's rules, and others whole. Where no spaces
    part the words, a dictionary does.
    """

    def __init__(self) -> None:
        self.latin = DefaultTokenizer(use_stemmer=True)

    def tokenize(self, text: str) -> list[str]:
        """The words of `text`."""
        return [
            stem
            for word in bare_words(text)
            for stem in (self.latin.tokenize(word) if word.isascii() else [word])
        ]


def rouge_l(reference: str, text: str, scorer: RougeScorer) -> float:
    """The F-measure of the longest common subsequence of words, 0 to 1."""
    return float(scorer.score(reference, text)["rougeL"].fmeasure)


def load_rouge() -> RougeScorer:
    """A scorer for `rouge_l`."""
    return RougeScorer(["rougeL"], tokenizer=ScriptTokenizer())
