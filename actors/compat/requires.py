"""The two packages that cannot be ordinary dependencies, and the line that installs each."""

from __future__ import annotations

from importlib.util import find_spec

# Both pin a torch or transformers of 2023, hence --no-deps; what they really need comes with this
# project. The pins are those of requirements/nodeps.txt.
INSTALL_LINES = {
    "open_flamingo": "pip install --no-deps open-flamingo==2.0.1",
    "lavis": "pip install --no-deps salesforce-lavis==1.0.2 fairscale==0.4.4",
}


def require(module: str) -> None:
    """Returns when `module`, a key of INSTALL_LINES, is installed; does not import it.

    Raises:
        ImportError: it is not; the message holds the line that installs it.
    """
    if find_spec(module) is None:
        raise ImportError(
            f"this part needs {module}, which is not installed; run: {INSTALL_LINES[module]}", name=module
        )
