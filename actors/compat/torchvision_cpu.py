"""placeholder until the set-up slice lands"""


def install() -> None:
    """Nothing yet."""
