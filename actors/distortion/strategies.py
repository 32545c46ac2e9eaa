"""The names of the three ways to distort a response, as the column `distortion` holds them."""

from __future__ import annotations

LLM, RANDOM, BOXES = "llm", "random", "boxes"
STRATEGIES = (LLM, RANDOM, BOXES)
