"""XNLI-1.0 as released, in both formats, and the language it does not have."""

import json
from pathlib import Path

import pytest

from actors.prompts.task import load_task
from pipelines.sources.papers.xnli import LANGUAGES, Xnli

TASK = load_task("xnli")
HEADER = ("language", "gold_label", "sentence1", "sentence2", "promptID", "pairID")


def record(language: str, gold: str, pair: str) -> dict[str, str]:
    return {
        "language": language,
        "gold_label": gold,
        "sentence1": f'He said "{language}',
        "sentence2": f"{pair}?",
        "promptID": "1",
        "pairID": pair,
    }


RECORDS = [
    record(language, gold, pair) for pair, gold in (("1", "neutral"), ("2", "-")) for language in LANGUAGES
]


def write_jsonl(folder: Path, extra: tuple[str, ...] = ()) -> Path:
    lines = [json.dumps(item, ensure_ascii=False) for item in RECORDS]
    (folder / "xnli.test.jsonl").write_text("\n".join([*lines, *extra]), encoding="utf-8")
    return folder


def write_tsv(folder: Path) -> Path:
    inside = folder / "XNLI-1.0"
    inside.mkdir()
    lines = ["\t".join(HEADER)] + ["\t".join(item[name] for name in HEADER) for item in RECORDS]
    (inside / "xnli.test.tsv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("write", [write_jsonl, write_tsv])
def test_the_three_languages_of_the_paper_are_the_default(tmp_path: Path, write: object) -> None:
    source = Xnli(TASK, write_jsonl(tmp_path) if write is write_jsonl else write_tsv(tmp_path))
    source.check()
    rows = list(source.rows())
    assert [row["id"] for row in rows] == [
        f"xnli/test/{language}/{pair}" for pair in "12" for language in ("de", "en", "fr")
    ]
    assert [row["human_label"] for row in rows] == 3 * ["neutral"] + 3 * [None]
    assert rows[0]["text"] == 'Premise: He said "de\nHypothesis: 1?'
    assert rows[0]["language"] == "de"


def test_all_fifteen_languages_can_be_asked_for(tmp_path: Path) -> None:
    source = Xnli(
        TASK, write_jsonl(tmp_path), languages=("German", *(code for code in LANGUAGES if code != "de"))
    )
    source.check()
    assert {row["language"] for row in source.rows()} == set(LANGUAGES)


@pytest.mark.parametrize("asked", ["nl", "Dutch"])
def test_dutch_is_refused_with_the_reading_of_the_paper(tmp_path: Path, asked: str) -> None:
    with pytest.raises(ValueError, match=r"XNLI has no Dutch.*German's.*ask for de"):
        Xnli(TASK, write_jsonl(tmp_path), languages=(asked,)).check()


def test_unknown_or_double_languages_and_other_tasks_are_refused(tmp_path: Path) -> None:
    folder = write_jsonl(tmp_path)
    with pytest.raises(ValueError, match="did you mean 'spanish'"):
        Xnli(TASK, folder, languages=("spannish",)).check()
    with pytest.raises(ValueError, match="each once"):
        Xnli(TASK, folder, languages=("fr", "french")).check()
    with pytest.raises(ValueError, match="XNLI offers"):
        Xnli(load_task("iad_2"), folder).check()
    with pytest.raises(ValueError, match=r"holds no xnli\.dev"):
        Xnli(TASK, folder, "dev").check()


def test_broken_lines_are_failed_rows(tmp_path: Path) -> None:
    extra = (
        '{"language": "fr", "gold_label"',
        json.dumps(record("nl", "neutral", "3")),
        json.dumps(record("fr", "maybe", "4")),
        json.dumps(record("fr", "neutral", "5") | {"sentence2": ""}),
        json.dumps(record("fr", "neutral", "")),
        json.dumps({"language": "fr", "gold_label": "neutral", "sentence1": "x", "pairID": "6"}),
    )
    rows = list(Xnli(TASK, write_jsonl(tmp_path, extra), languages=("fr",)).rows())
    assert [row["reason"] for row in rows] == [
        None,
        None,
        "malformed_record",
        "unknown_language",
        "unknown_label",
        "empty_text",
        "bad_id",
        "missing_field",
    ]
