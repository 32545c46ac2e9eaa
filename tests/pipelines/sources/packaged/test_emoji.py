from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actors.prompts.task import load_task
from pipelines.sources.packaged.emoji import NAMES, PICTURES, Emoji

GROUPS = {"0": "smileys-emotion", "2": "component", "3": "animals-nature", "8": "symbols"}
ITEMS = [
    ("1F600", 0, "grinning face", "visage rieur"),
    ("1F601", 0, "beaming face", "visage souriant"),
    ("1F602", 0, "tears of joy", "larmes de joie"),
    ("1F412", 3, "monkey", ""),
    ("1F43B-200D-2744-FE0F", 3, "polar bear", "ours polaire"),
    ("0023-FE0F-20E3", 8, "keycap: #", "touches : #"),
    ("1F3FB", 2, "light skin tone", "peau claire"),
    ("1F6FF", 8, "no picture of this one", "sans image"),
    ("1F1E6", None, "regional indicator A", "indicateur A"),
]
PICTURE_FILES = ("1f600", "1f601", "1f602", "1f412", "1f43b-200d-2744-fe0f", "0023-20e3", "1f3fb", "1f1e6")

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]


def named(column: int) -> str:
    items = [
        {"hexcode": item[0], "label": item[column]} | ({} if item[1] is None else {"group": item[1]})
        for item in ITEMS
    ]
    return json.dumps(items)


@pytest.fixture
def emoji(make_tgz: MakeArchive, tmp_path: Path) -> Callable[..., Emoji]:
    pictures = {f"package/img/google/64/{name}.png": name for name in PICTURE_FILES}
    sheet = {"package/img/google/sheets/64.png": "not wanted"}
    names = {"package/en/data.json": named(2), "package/fr/data.json": named(3)}
    meta = {"package/meta/groups.json": json.dumps({"groups": GROUPS}), "package/fr/compact.json": "[]"}
    archives = {
        "pictures": make_tgz("pictures.tgz", pictures | sheet),
        "names": make_tgz("names.tgz", names | meta),
    }
    settings = {"languages": ("en", "fr"), "cache": tmp_path / "cache", **archives}
    return lambda **options: Emoji(**(settings | options))


def test_an_emoji_has_its_own_name_and_the_same_picture_in_every_language(
    emoji: Callable[..., Emoji],
) -> None:
    source = emoji()
    source.check()
    rows = {row["id"]: row for row in source.rows()}
    english, french = rows["emoji/en/1F600"], rows["emoji/fr/1F600"]
    assert (english["text"], french["text"]) == ("grinning face", "visage rieur")
    assert (english["language"], french["language"]) == ("en", "fr")
    assert english["images"] == french["images"] == ["1f600.png"]
    assert (source.image_root() / "1f600.png").read_text() == "1f600"
    assert english["human_label"] == french["human_label"] == "smileys"


def test_parts_sequences_and_emojis_without_picture_or_group_are_left_out(
    emoji: Callable[..., Emoji],
) -> None:
    codes = {sign.code for sign in emoji().signs()}
    assert codes == {"1F600", "1F601", "1F602", "1F412", "0023-FE0F-20E3"}


def test_a_name_that_is_missing_fails_in_that_language_alone(emoji: Callable[..., Emoji]) -> None:
    failed = {row["id"]: row["reason"] for row in emoji().rows() if row["status"] == "failed"}
    assert failed == {"emoji/fr/1F412": "empty_text"}


def test_a_limit_takes_the_groups_in_turn_and_the_same_emojis_everywhere(emoji: Callable[..., Emoji]) -> None:
    rows = list(emoji(limit=3).rows())
    codes = defaultdict(set)
    for row in rows:
        codes[row["id"].split("/")[1]].add(row["id"].rsplit("/", 1)[1])
    assert codes["en"] == codes["fr"] and len(codes["en"]) == 3
    assert len({sign.group for sign in emoji(limit=3).signs()}) == 3


def test_the_choice_does_not_depend_on_the_languages(emoji: Callable[..., Emoji]) -> None:
    assert [s.code for s in emoji(languages=("fr",)).signs()] == [s.code for s in emoji().signs()]


def test_an_unknown_language_is_refused_with_those_there_are(emoji: Callable[..., Emoji]) -> None:
    with pytest.raises(ValueError, match=r"\['xx'\]; choose from en, fr"):
        emoji(languages=("en", "xx")).check()


@pytest.mark.parametrize("languages", [(), ("en", "en")])
def test_no_language_and_one_twice_are_refused(
    emoji: Callable[..., Emoji], languages: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"languages .* (choose|name)"):
        emoji(languages=languages).check()


def test_each_emoji_is_in_one_split_and_the_same_one_in_every_language(emoji: Callable[..., Emoji]) -> None:
    codes = {name: [sign.code for sign in emoji(split=name).signs()] for name in ("train", "dev", "test")}
    found = [code for inside in codes.values() for code in inside]
    assert sorted(found) == sorted(sign.code for sign in emoji().signs())
    for name, inside in codes.items():
        for language in ("en", "fr"):
            rows = emoji(split=name, languages=(language,), seed=5).rows()
            assert {row["id"] for row in rows} == {f"emoji/{language}/{code}" for code in inside}


def test_emojis_that_share_a_picture_are_in_one_split(
    emoji: Callable[..., Emoji], make_tgz: MakeArchive
) -> None:
    same = make_tgz("same.tgz", {f"package/img/google/64/{name}.png": "one" for name in PICTURE_FILES})
    counts = {len(emoji(split=name, pictures=same).signs()) for name in ("train", "dev", "test")}
    assert counts == {0, 5}


def test_a_split_that_is_not_there_is_refused_with_those_that_are(emoji: Callable[..., Emoji]) -> None:
    with pytest.raises(ValueError, match="expected one of all, train, dev, test; did you mean 'test'"):
        emoji(split="tset").check()


def test_the_real_set_is_as_documented(fetched: Callable[..., None]) -> None:
    fetched(PICTURES, NAMES)
    languages = ("en", "fr", "de", "zh-hant")
    source = Emoji(languages=languages)
    source.check()
    rows = list(source.rows())
    assert {row["status"] for row in rows} == {"live"}
    assert Counter(row["language"] for row in rows) == dict.fromkeys(languages, 1658)
    assert {row["human_label"] for row in rows} == set(load_task("emoji_group").labels)
    assert all((source.image_root() / image).is_file() for row in rows for image in row["images"])
    assert len({row["text"] for row in rows if row["language"] == "fr"}) == 1658
    counts = Counter(row["human_label"] for row in Emoji(languages=("en",), limit=90).rows())
    assert set(counts.values()) == {10}
    shares = {name: len(Emoji(split=name, languages=("en",)).signs()) for name in ("train", "dev", "test")}
    assert shares == {"train": 1014, "dev": 232, "test": 412}
