"""Rows of an annotation run that gives several labels per row."""

from __future__ import annotations

from actors.prompts.task import Task

FILMS = Task("films", "Which genres?", ("Drama", "Comedy", "War"), "{document}?", multi_label=True)
ROWS = [
    {"id": "a", "human_labels": ["Drama", "War"], "labels": ["Drama"], "confidence": 0.6, "language": "en"},
    {"id": "b", "human_labels": ["Comedy"], "labels": ["Comedy"], "confidence": 0.9, "language": "en"},
    {"id": "c", "human_labels": ["Drama"], "labels": [], "confidence": 0.7, "language": "de"},
    {"id": "d", "human_labels": ["War"], "labels": None, "raw_output": "<b>Opera</b>", "language": "de"},
    {"id": "e", "human_labels": None, "labels": ["War"], "confidence": 0.8},
    {"id": "f", "human_labels": ["Noir"], "labels": ["War"], "confidence": 0.8},
    {"id": "g", "labels": None, "status": "failed", "reason": "empty_text", "detail": "no text"},
]
