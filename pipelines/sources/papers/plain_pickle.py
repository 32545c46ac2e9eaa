"""Reads a .npy file that holds plain values, and no others: unpickling anything else could run code."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

# What NumPy itself writes for arrays and numbers; nothing here calls anything.
PLAIN = {
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("collections", "OrderedDict"),
    ("_codecs", "encode"),
}


class PlainUnpickler(pickle.Unpickler):
    """Knows arrays, numbers, texts, lists and dictionaries."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core.", "numpy._core.")
        if (module, name) not in PLAIN:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which could run code")
        return super().find_class(module, name)


def load_plain_npy(path: Path) -> Any:
    """The array in `path`, or the Python value of a single-element object array.

    Raises:
        ValueError: not a .npy file, damaged, or holding anything but plain values.
    """
    with path.open("rb") as file:
        try:
            if np.lib.format.read_magic(file) == (1, 0):
                _, _, dtype = np.lib.format.read_array_header_1_0(file)
            else:
                _, _, dtype = np.lib.format.read_array_header_2_0(file)
            if not dtype.hasobject:
                file.seek(0)
                return np.lib.format.read_array(file, allow_pickle=False)
            content = PlainUnpickler(file, encoding="latin1").load()
        except (ValueError, EOFError, pickle.UnpicklingError, AttributeError, IndexError, TypeError) as error:
            raise ValueError(f"{path} is not loaded: {error}") from error
    is_single = isinstance(content, np.ndarray) and content.size == 1
    return content.item() if is_single else content
