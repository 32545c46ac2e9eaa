"""Libraries that no flag needs load when something of theirs is used, not while flags are read."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

# pyarrow.dataset brings pandas, and pyarrow.compute builds its functions: half of what `--help` took.
LATE = ("pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet")


class LateModule(ModuleType):
    """Stands for a module in those that import it, until its first attribute is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # what the import system asks of every module
            raise AttributeError(attribute)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        module = import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


class TrustedDefaults(ModuleType):
    """Stands for typeguard, with which tyro checks defaults written `str | None`; mypy did that."""

    TypeCheckError = TypeError

    @staticmethod
    def check_type(value: object, expected: object) -> object:
        return value


@contextmanager
def late_imports() -> Iterator[None]:
    """Modules imported for the first time inside get those of LATE as stand-ins; the import system knows
    nothing of them afterwards."""
    import_module("pyarrow")
    stand_ins = [LateModule(name) for name in LATE] + [TrustedDefaults("typeguard")]
    for module in stand_ins:
        sys.modules.setdefault(module.__name__, module)
    gc.disable()  # what modules bring stays, and looking through it takes a tenth of the time
    try:
        yield
    finally:
        gc.enable()
        for module in stand_ins:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]
