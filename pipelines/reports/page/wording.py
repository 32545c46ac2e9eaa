"""Numbers and codes as people read them."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.markup import Markup, join, tag
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson

MODES = {"regex": "free text", "rank": "ranking", "constrain": "constrained"}
MODE_MEANING = {
    "regex": "the model writes freely and patterns read the label out of its text",
    "rank": "the label whose words are likeliest after the prompt wins",
    "constrain": "the model can write nothing but one of the labels",
}
LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fi": "Finnish",
    "fr": "French", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "ms": "Malay", "nb": "Norwegian", "nl": "Dutch",
    "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def percent(share: float) -> str:
    """`52.3%`."""
    return f"{100 * share:.1f}%"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `12,345 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """`42 s`, `7.5 min`, `3.2 hours`, `12 days`."""
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "hours")):
        if seconds < limit:
            return f"{seconds / unit:.{0 if unit == 1 else 1}f} {name}"
    return count(round(seconds / 86400), "day")


def listing(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def share_cell(estimate: Estimate) -> Markup:
    """A proportion in percent with its interval."""
    return _cell(estimate, lambda x: f"{100 * x:.1f}", unit="%")


def part_cell(number: int, total: int) -> Markup:
    """A number with its share of the whole and that share's interval; `0` alone for none."""
    return join(f"{number:,} = ", share_cell(wilson(number, total))) if number else join("0")


def figure_cell(estimate: Estimate, digits: int = 3) -> Markup:
    """A plain figure with its interval."""
    return _cell(estimate, lambda x: f"{round(x, digits) or 0.0:.{digits}f}".replace("-", "−"))


def points_cell(estimate: Estimate) -> Markup:
    """A difference of two proportions in percentage points, always with its sign."""
    return _cell(estimate, lambda x: signed(100 * x), unit=" pts")


def signed(figure: float) -> str:
    """One decimal with `+` or a true minus; a rounded zero has no sign."""
    text = f"{figure:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def language_name(code: str) -> str:
    """`German (de)`, or the code alone where we have no name for it."""
    name = LANGUAGES.get(code.split("-")[0])
    return f"{name} ({code})" if name else code


def _cell(estimate: Estimate, show: Callable[[float], str], unit: str = "") -> Markup:
    if estimate.value is None:
        return tag("span", "—", tag("small", " ", estimate.note), class_="undefined")
    value = tag("span", show(estimate.value), unit, class_="value")
    if not estimate.defined:
        return join(value, tag("small", " ", estimate.note))
    _, low, high = estimate.numbers
    return join(value, " ", tag("span", f"{show(low)} to {show(high)}", class_="interval"))
