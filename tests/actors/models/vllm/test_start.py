from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from actors.models.vllm import start
from actors.models.vllm.start import check_vllm, generation_config, vllm_available


@pytest.mark.parametrize("visible", ["", "-1"])
def test_a_worker_without_gpu_does_not_start_vllm(monkeypatch: pytest.MonkeyPatch, visible: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert not vllm_available()


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_without_vllm_the_error_holds_the_install_line() -> None:
    assert not vllm_available()
    with pytest.raises(ValueError, match=r"vLLM, which is not installed; run: pip install -e '.\[vllm\]'"):
        check_vllm()


def test_stretched_positions_keep_the_models_own_base(tmp_path: Path) -> None:
    config = {"model_type": "llama", "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert start._linear_rope(str(tmp_path), 4.0) == {
        "rope_type": "linear",
        "factor": 4.0,
        "rope_theta": 5000.0,
    }


def test_a_model_without_rotary_positions_cannot_be_stretched(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(ValueError, match="rope_factor 4.0 needs rotary positions"):
        start._linear_rope(str(tmp_path), 4.0)


def test_generation_settings_are_the_checkpoints_or_none(tmp_path: Path) -> None:
    llm = SimpleNamespace(model_config=SimpleNamespace(model=str(tmp_path)))
    assert generation_config(llm) is None
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [5, 6]}))
    assert generation_config(llm).eos_token_id == [5, 6]
