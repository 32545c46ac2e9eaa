from __future__ import annotations

from dataclasses import dataclass

from actors.filters.limits import Limit, limit, limits_of


@dataclass
class Loud:
    """A filter's settings, two of them limits."""

    max_marks: int = limit(3, "Most exclamation marks")
    margin: float = limit(0.5, "How far it may be above", "max_lead")
    quiet: bool = False


def test_limits_are_the_fields_that_say_so_under_the_names_of_their_flags():
    assert limits_of(Loud) == {
        "max_marks": Limit("max_marks", 3, "Most exclamation marks"),
        "margin": Limit("max_lead", 0.5, "How far it may be above"),
    }


def test_a_limit_is_a_field_with_a_default_like_any_other():
    assert (Loud().max_marks, Loud(margin=2.0).margin, Loud().quiet) == (3, 2.0, False)
