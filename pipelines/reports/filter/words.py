"""What the scores are called for people."""

from __future__ import annotations

from collections.abc import Mapping

MODEL_WORDS: Mapping[str, str] = {
    "sts": "similarity to the raw caption (STS)",
    "clip": "paragraph and picture (CLIPScore)",
    "itm": "paragraph and picture (BLIP-2 matching)",
    "nli": "answer and raw answer (NLI)",
    "reward": "reward",
}
