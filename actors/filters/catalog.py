"""The filters of rewritten responses in the order of paper B, appendix D; one line adds another."""

from __future__ import annotations

from actors.base import Filter
from actors.filters.paragraph_repair import ParagraphFilter
from actors.filters.rules import ChangeFilter, LengthFilter
from actors.filters.scores import NliFilter, StsFilter

RESPONSE_FILTERS: tuple[type[Filter], ...] = (
    LengthFilter,
    ChangeFilter,
    StsFilter,
    ParagraphFilter,
    NliFilter,
)
