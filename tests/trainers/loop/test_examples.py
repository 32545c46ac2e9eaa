from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainers.loop.examples import Examples, write_examples
from trainers.loop.trainee import Example

CHAT = Example("chat", (1, 5, 6, 7, 8, 2), ((2, 3), (4, 6)), ("/a.png", "/b.png"))
PLAIN = Example("plain", (1, 9, 2), ((1, 3),))


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert write_examples([[CHAT], [PLAIN]], tmp_path / "prepared") == 2
    examples = Examples(tmp_path / "prepared")
    assert [examples[0], examples[1]] == [CHAT, PLAIN] and len(examples) == 2
    assert examples.lengths == [6, 3] and examples.num_targets == [3, 2]


def test_where_there_is_no_example_nothing_is_written(tmp_path: Path) -> None:
    assert write_examples([[], []], tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


def test_examples_cut_off_while_they_were_written_are_not_there(tmp_path: Path) -> None:
    def chunks() -> Iterator[list[Example]]:
        yield [PLAIN]
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_examples(chunks(), tmp_path)
    assert not (tmp_path / "examples.parquet").exists()
    write_examples([[CHAT]], tmp_path)
    assert len(Examples(tmp_path)) == 1
