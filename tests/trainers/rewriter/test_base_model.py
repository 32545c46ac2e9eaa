from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from distorted_run import CONTEXT, write_base
from tiny_flamingo import tiny_flamingo, tiny_tokenizer

from trainers.rewriter.base_model import BASES, PAPER_BASE, BaseModel, find_base, with_media


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "flamingo")


def test_a_saved_folder_tells_its_context_and_spelling_without_being_loaded(folder: Path) -> None:
    base = find_base(str(folder))
    assert (base.context, base.released_spelling, base.dtype()) == (CONTEXT, False, "float32")
    assert base.folder == folder.resolve()


def test_its_tokenizer_has_the_ids_of_the_model(folder: Path) -> None:
    tokens, flamingo = BaseModel("tiny", folder=folder).tokens(), tiny_flamingo()
    assert tokens.media == flamingo.media_token
    assert tokens.encode(["a<image>b"])[0].count(tokens.media) == 1
    assert tokens.bos not in tokens.encode(["a"])[0] and tokens.eos not in tokens.encode(["a"])[0]


def test_media_tokens_are_added_once() -> None:
    tokenizer = tiny_tokenizer()
    first, size = with_media(tokenizer).media, len(tokenizer)
    assert with_media(tokenizer).media == first == tokenizer.convert_tokens_to_ids("<image>")
    assert len(tokenizer) == size and tokenizer.pad_token is not None


def test_other_weights_or_another_description_are_another_base(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    one = BaseModel("x", folder=copy).identity()
    assert BaseModel("x", folder=copy).identity() == one and list(one) == ["name", "description", "files"]
    description = json.loads((copy / "flamingo.json").read_text())
    (copy / "flamingo.json").write_text(json.dumps(description | {"context": 7}))
    other = BaseModel("x", folder=copy).identity()
    assert other["description"] != one["description"] and other["files"] == one["files"]
    (copy / "more.safetensors").write_bytes(b"123")
    assert BaseModel("x", folder=copy).identity()["files"]["more.safetensors"] == 3


def test_the_papers_base_is_the_published_connector_without_adapters() -> None:
    base = find_base(PAPER_BASE)
    assert base.release is BASES[PAPER_BASE] and base.context is None and base.dtype() == "bfloat16"
    assert base.release.config.lora is None and not base.released_spelling
    assert find_base("polite-flamingo").released_spelling


def test_what_is_no_flamingo_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder with a flamingo.json; .*polite-flamingo"):
        find_base(str(tmp_path))
