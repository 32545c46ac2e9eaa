from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors.models.catalog.rewriters import find_rewriter
from actors.models.flamingo.config import read_description


def _flamingo(folder: Path, size: int = 64) -> Path:
    folder.mkdir()
    (folder / "flamingo.json").write_text(json.dumps({"transform": {"size": size}}))
    return folder


def test_a_folder_with_a_description_is_a_flamingo_that_wants_pictures_of_its_size(tmp_path: Path) -> None:
    rewriter = find_rewriter(str(_flamingo(tmp_path / "mine", 96)))
    assert (rewriter.name, rewriter.picture_size, rewriter.text) == ("mine", 96, None)
    assert rewriter.flamingo == str(tmp_path / "mine")


def test_a_published_flamingo_is_known_by_name() -> None:
    rewriter = find_rewriter("openflamingo-9b-v1")
    assert (rewriter.flamingo, rewriter.picture_size) == ("openflamingo-9b-v1", 224)


def test_any_annotator_rewrites_from_text_alone() -> None:
    rewriter = find_rewriter("llama-7b")
    assert rewriter.flamingo is None
    assert rewriter.text is not None and rewriter.text.checkpoint == "huggyllama/llama-7b"


def test_what_is_no_flamingo_is_refused_where_one_is_asked_for() -> None:
    with pytest.raises(ValueError, match="'llama-7b' is no Flamingo; .* or use --mode text"):
        find_rewriter("llama-7b", "flamingo")


def test_an_endpoint_knows_names_that_nobody_else_does(tmp_path: Path) -> None:
    rewriter = find_rewriter("gpt-of-the-house", "text", endpoint=True)
    assert rewriter.text is not None and rewriter.text.checkpoint == "gpt-of-the-house"
    with pytest.raises(ValueError, match="unknown annotator 'gpt-of-the-house'"):
        find_rewriter("gpt-of-the-house", "text")


def test_a_torn_description_is_named(tmp_path: Path) -> None:
    folder = _flamingo(tmp_path / "torn")
    (folder / "flamingo.json").write_text('{"transform": ')
    with pytest.raises(ValueError, match=r"flamingo.json is not JSON .* copy the folder again"):
        find_rewriter(str(folder))
    with pytest.raises(ValueError, match=r"holds no flamingo.json"):
        read_description(tmp_path)
