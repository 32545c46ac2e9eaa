"""Pictures of emojis with their names in 28 languages and the group people filed them under.

Pictures: Noto Emoji, 64 x 64 pixels (Google, Apache-2.0) in npm `emoji-datasource-google@16.0.0`.
Names and groups: Unicode CLDR through npm `emojibase-data@17.0.0` (MIT; CLDR: Unicode License).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

from actors.base import EMPTY_TEXT, BadRow, row_seed
from actors.did_you_mean import did_you_mean
from actors.models.weights.packages import PackageArchive
from actors.models.weights.unpacking import unpack
from pipelines.schema import LABEL_COLUMNS, Row, failed_row, live_row
from pipelines.sources.packaged.sampling import SAMPLE, check_limit, seeded_order
from pipelines.sources.source import Flag, Source, StudySplits

PICTURES = PackageArchive(
    "emoji-datasource-google",
    "16.0.0",
    "npm",
    "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
)
NAMES = PackageArchive(
    "emojibase-data", "17.0.0", "npm", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a"
)
PICTURE = re.compile(r"package/img/google/64/([0-9a-f-]+\.png)")
NAME_FILE = re.compile(r"package/([a-z-]+)/data\.json")
GROUP_FILE = "package/meta/groups.json"
JOINER = "200D"  # man, joiner, rocket: mostly variants of a picture that is there without it
SKIN_TONES = ("1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF")
NO_CLASS = "component"  # skin tones and hair: parts of emojis
TRAIN_BELOW, DEV_BELOW = 0.6, 0.75
EmojiSplit = Literal["all", "train", "dev", "test"]


class Sign(NamedTuple):
    code: str
    group: str
    picture: str


@dataclass
class Emoji(Source):
    """One row per emoji and language: `text` is the name, `human_label` the group, one picture for all.

    A group goes by the first word of its name (`animals-nature` is `animals`), as in task `emoji_group`.
    The order is seeded, the groups take turns, and an emoji's languages stand together, so `limit`
    (emojis, each in every language) leaves the same emojis in each. Joined sequences and skin tones
    are left out. `pictures` and `names` are local copies of the archives; none fetches them.

    The splits (60, 15 and 25 % of the emojis) follow a hash of the picture, so an emoji is in the same one
    in every language, and emojis that share a picture (flags of one country) are never apart.
    """

    summary = "emoji pictures with names in 28 languages and their group (fetched with npm)"
    tasks = ("emoji_group",)
    splits = StudySplits("train", "dev", "test")
    labelled = True
    columns = LABEL_COLUMNS

    languages: Annotated[tuple[str, ...], Flag("Codes of the names' languages.")] = ("en", "fr", "de", "es")
    limit: Annotated[int | None, SAMPLE] = None
    split: Annotated[EmojiSplit, Flag("Split of the set.")] = "all"
    seed: int = 0
    pictures: Path | None = None
    names: Path | None = None
    cache: Path | None = None

    @cached_property
    def _pictures(self) -> Path:
        archive = self.pictures or PICTURES.fetch(self.cache)
        return unpack(archive, "emoji-pictures", keep=_picture, cache=self.cache)

    @cached_property
    def _names(self) -> Path:
        return unpack(self.names or NAMES.fetch(self.cache), "emoji-names", keep=_name_file, cache=self.cache)

    def image_root(self) -> Path:
        return self._pictures

    def files(self) -> list[Path]:
        return [self._names / "groups.json", *[self._names / f"{code}.json" for code in self.languages]]

    def check(self) -> None:
        check_limit(self.limit)
        splits = get_args(EmojiSplit)
        if self.split not in splits:
            hint = did_you_mean(self.split, splits)
            raise ValueError(f"split is {self.split!r}; expected one of {', '.join(splits)}{hint}")
        available = sorted(path.stem for path in self._names.glob("*.json") if path.stem != "groups")
        unknown = [code for code in self.languages if code not in available]
        if not self.languages:
            raise ValueError(f"languages is empty; choose from {', '.join(available)}")
        if unknown:
            raise ValueError(f"emoji names are not there in {unknown}; choose from {', '.join(available)}")
        if len(set(self.languages)) < len(self.languages):
            raise ValueError(f"languages {self.languages} names one twice; name each once")
        if not any(self._pictures.glob("*.png")):
            raise ValueError(f"{self._pictures} holds no pictures; give the emoji-datasource-google archive")

    def rows(self) -> Iterator[Row]:
        names = {
            code: {item["hexcode"]: item.get("label") for item in self._read(code)} for code in self.languages
        }
        for sign in self.signs():
            for language in self.languages:
                yield _row(sign, language, names[language].get(sign.code))

    def signs(self) -> list[Sign]:
        """The chosen emojis, in order."""
        groups = self._read("groups")["groups"]
        pictures = {_plain(path.stem): path.name for path in self._pictures.glob("*.png")}
        signs = [
            Sign(item["hexcode"], groups[str(item["group"])].split("-")[0], pictures[_plain(item["hexcode"])])
            for item in self._read(self.languages[0])
            if "group" in item and JOINER not in item["hexcode"] and _plain(item["hexcode"]) in pictures
        ]
        usable = [sign for sign in signs if sign.group != NO_CLASS and self._is_wanted(sign)]
        key, group = attrgetter("code"), attrgetter("group")
        return seeded_order(usable, key=key, seed=self.seed, group=group)[: self.limit]

    def _is_wanted(self, sign: Sign) -> bool:
        if self.split == "all":
            return True
        content = (self._pictures / sign.picture).read_bytes()
        place = row_seed(0, hashlib.blake2b(content, digest_size=16).hexdigest()) / 2**63
        return self.split == ("train" if place < TRAIN_BELOW else "dev" if place < DEV_BELOW else "test")

    def _read(self, name: str) -> Any:
        return json.loads((self._names / f"{name}.json").read_text(encoding="utf-8"))


def _row(sign: Sign, language: str, name: str | None) -> Row:
    row = {"id": f"emoji/{language}/{sign.code}", "dataset": "emoji", "task": "label"}
    if not (name or "").strip():
        return failed_row(BadRow(EMPTY_TEXT, f"{sign.code} has no name in {language!r}"), **row)
    return live_row(**row, text=name, language=language, human_label=sign.group, images=[sign.picture])


def _plain(code: str) -> str:
    """The code without the variation selector, which the two packages write at different places."""
    return code.upper().replace("-FE0F", "")


def _picture(member: str) -> str | None:
    match = PICTURE.fullmatch(member)
    if match is None or any(part in match[1].upper() for part in (JOINER, *SKIN_TONES)):
        return None
    return match[1]


def _name_file(member: str) -> str | None:
    if member == GROUP_FILE:
        return "groups.json"
    match = NAME_FILE.fullmatch(member)
    return f"{match[1]}.json" if match else None
