"""A file of settings is the same as the flags it spells."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.command_line.config_file import as_flags, expand_config


def test_settings_become_flags() -> None:
    settings = {
        "limit": 5,
        "fields": {"text": "body", "deep": False},
        "plan": True,
        "stop": ["a", "b"],
        "seed": None,
    }
    assert as_flags(settings) == (
        ["--limit", "5", "--fields.text", "body", "--fields.no-deep", "--plan", "--stop", "a", "b"]
    )


def test_the_command_line_comes_last_and_wins(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("max_failed: 0.5\nout: runs/a\n")
    expanded = expand_config(["annotate", "--out", "runs/b", "--config", str(file)])
    assert expanded == ["annotate", "--max-failed", "0.5", "--out", "runs/a", "--out", "runs/b"]
    assert expand_config(["annotate", "--out", "runs/b", f"--config={file}"]) == expanded


def test_config_without_a_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--config needs a file"):
        expand_config(["annotate", "--config"])
    with pytest.raises(ValueError, match="cannot be read"):
        expand_config(["annotate", "--config", str(tmp_path / "none.yaml")])
