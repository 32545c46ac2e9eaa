"""The verdicts as cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.markup import Content, Markup, join, tag
from pipelines.reports.annotation.paper.claims import UNRESOLVED, Claim, Evidence
from pipelines.reports.page.tables import fold, paragraph, table
from pipelines.reports.page.wording import count, listing, points_cell

SHOWN = 4  # comparisons per claim before the fold
UNRESOLVED_WORDS = "not resolved (interval crosses 0)"
TEST_DISAGREES = "not resolved (the exact test does not agree with the interval)"


def claims_section(claims: Sequence[Claim]) -> Markup:
    """A row per claim: the paper's words, what was measured, the difference with its interval, a verdict."""
    note = paragraph(
        "A difference supports a claim when its whole 95 % interval is on the claim's side of 0, and "
        "contradicts it when it is on the other. On the same rows McNemar's exact test must agree.",
        note=True,
    )
    cards = [_claim(claim) for claim in claims if claim.evidence]
    rows: list[list[Content]] = [
        [claim.title, _chip(claim), claim.paper, claim.needs] for claim in claims if not claim.evidence
    ]
    rest = table(["Claim", "Verdict", "The paper", "What it needs"], rows) if rows else None
    return join(cards, note if cards else None, rest)


def _claim(claim: Claim) -> Markup:
    paper = paragraph(f"Paper: {claim.paper}", note=True)
    words = tag("div", tag("h4", claim.title), paragraph(_chip(claim)), paper)
    return tag("article", words, _evidence(claim), class_="card claim")


def _chip(claim: Claim) -> Markup:
    return tag("span", claim.verdict, class_=f"chip {claim.verdict.replace(' ', '-')}")


def _evidence(claim: Claim) -> Markup:
    lines = [
        tag("li", points_cell(item.difference), " ", tag("em", _words(item)), tag("br"), item.comparison)
        for item in claim.evidence
    ]
    shown, rest = tag("ul", lines[:SHOWN], class_="plain"), tag("ul", lines[SHOWN:], class_="plain")
    more = fold(f"{count(len(lines) - SHOWN, 'more comparison')}", rest) if lines[SHOWN:] else None
    return tag("div", shown, more, paragraph(f"Measured: {claim.measure}. {_tally(claim)}", note=True))


def _tally(claim: Claim) -> str:
    """How many comparisons say what, when there are several."""
    verdicts = Counter(item.verdict for item in claim.evidence)
    parts = [f"{number} {verdict}" for verdict, number in verdicts.most_common()]
    return f"Of {len(claim.evidence)} comparisons: {listing(parts)}." if len(claim.evidence) > 1 else ""


def _words(item: Evidence) -> str:
    if item.verdict != UNRESOLVED:
        return item.verdict
    return TEST_DISAGREES if item.difference.excludes(0.0) else UNRESOLVED_WORDS
