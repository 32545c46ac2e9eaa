"""Libraries that no flag needs load when something of theirs is used, not while flags are read."""

from __future__ import annotations

import builtins
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

ARROW = ("pyarrow.compute", "pyarrow.dataset", "pyarrow.parquet")
LATE = ("pyarrow", *ARROW, "numpy", "yaml", "hashlib", "subprocess", "uuid")  # half of what `--help` took
IMPORTERS = ("actors", "cluster", "pipelines", "trainers", "tyro")  # other packages get what they import
# In place of typeguard, with which tyro checks defaults written `str | None`; mypy did that.
TRUST = SimpleNamespace(check_type=lambda value, expected: value, TypeCheckError=TypeError)


class LateModule(ModuleType):
    """Stands for a module in those that import it, until its first attribute is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        module = import_module(self.__name__)
        self.__dict__.update(module.__dict__)
        return getattr(module, attribute)


@contextmanager
def late_imports() -> Iterator[None]:
    """Modules imported for the first time inside get stand-ins for those of LATE that are not loaded; the
    import system knows nothing of them."""
    import_now = builtins.__import__
    stand_ins: dict[str, Any] = {name: LateModule(name) for name in LATE} | {"typeguard": TRUST}
    for name in ARROW:
        setattr(stand_ins["pyarrow"], name.partition(".")[2], stand_ins[name])

    def late(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        importer = (globals or {}).get("__name__", "").partition(".")[0]
        if name in stand_ins and name not in sys.modules and importer in IMPORTERS:
            return stand_ins[
                name if fromlist else name.partition(".")[0]
            ]  # `import a.b as c` asks `a` for `b`
        return import_now(name, globals, locals, fromlist, level)

    gc.disable()  # what modules bring stays, and looking through it takes a tenth of the time
    builtins.__import__ = late
    try:
        yield
    finally:
        builtins.__import__ = import_now
        gc.enable()
