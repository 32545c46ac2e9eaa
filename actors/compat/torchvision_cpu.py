"""Lets a CUDA build of torchvision be imported beside a CPU-only torch.

Its compiled part cannot load there, so the operator schemas that its `_meta_registrations` module
decorates are missing, `import torchvision` raises "operator torchvision::nms does not exist", and
transformers hides that behind "Could not import module". With the schemas defined, transforms,
datasets and models work; `torchvision.ops.nms` and `torchvision.io` stay unavailable.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

DECORATOR_MODULE = "torchvision._meta_registrations"
# nms is decorated unguarded in every release, qnms since 0.28; both have this signature.
DECORATED_OPERATORS = ("nms", "qnms")
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"

_libraries: list[Any] = []  # a torch Library takes its schemas back when it is collected


class _SchemasFirst(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        _define_missing_schemas()
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != DECORATOR_MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _SchemasFirst(fullname, spec.origin)
        return spec


def _define_missing_schemas() -> None:
    import torch
    import torchvision.extension  # noqa: F401  a build that fits this torch defines its own here

    for name in DECORATED_OPERATORS:
        if not hasattr(torch.ops.torchvision, name):
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define(name + SIGNATURE)
            _libraries.append(library)


def install() -> None:
    """Acts when torchvision is first imported, and imports neither torch nor torchvision itself.

    A torchvision that loads its compiled part is left as it is.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
