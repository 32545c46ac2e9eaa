"""Reads the YAML a person wrote by hand: safe, `yes` and `no` stay words, double keys are refused."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def hand_written_loader() -> type[yaml.SafeLoader]:
    """A loader in which yes, no, on and off (booleans of YAML 1.1) stay words and double keys are errors."""

    class HandWrittenLoader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            """The mapping of `node`; a key that comes twice would otherwise silently win over the first."""
            keys: set[str] = set()
            for key_node in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key_node.value in keys:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key_node.value!r} comes twice", key_node.start_mark
                    )
                keys.add(key_node.value)
            return super().construct_mapping(node, deep)

    pairs = yaml.SafeLoader.yaml_implicit_resolvers.items()
    boolean = "tag:yaml.org,2002:bool"
    HandWrittenLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != boolean] for first, resolvers in pairs
    }
    HandWrittenLoader.add_implicit_resolver(
        boolean, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
    )
    return HandWrittenLoader


def read_yaml_mapping(path: Path) -> dict[str, Any]:
    """The top-level mapping of `path`.

    Raises:
        ValueError: the file cannot be read, is not UTF-8, not YAML, or not a mapping with text keys.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=hand_written_loader())
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ValueError(f"{path}: expected `key: value` lines, found {type(content).__name__}")
    return content
