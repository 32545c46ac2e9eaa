from __future__ import annotations

import pytest

from pipelines.terminal import duration, print_table


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(75, "75 s"), (119.4, "119 s"), (720, "12 min"), (7200, "2.0 h"), (12240, "3.4 h")],
)
def test_a_time_is_told_in_the_unit_a_person_would_use(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_cells_are_plain_text_and_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("title [bold]", ("column", "value"), [("[red]label[/red]", None), ("other", 0.5)])
    words = capsys.readouterr().out
    assert "title [bold]" in words and "[red]label[/red]" in words
    assert "None" not in words and "0.5" in words
