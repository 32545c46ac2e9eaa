"""`etiquette VERB` and `etiquette train VERB`: every verb in one command, from any folder.

It stands here because trainers are the top floor, the only one from which all verbs can be seen, and a
package of its own would be a fifth name at the top level.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from pipelines.__main__ import PROGRAM as PIPELINES
from pipelines.command_line.verb import Verb
from trainers.__main__ import PROGRAM as TRAINERS

NAME, TRAIN = "etiquette", "train"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 the run stopped, 2 a mistake in arguments or input, 130 interrupted."""
    # `python -m trainers`, which some verbs start, would find a trainers.py of the current folder first.
    os.environ["PYTHONSAFEPATH"] = "1"
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == [TRAIN]:
        return replace(TRAINERS, prog=f"{NAME} {TRAIN}").main(words[1:])
    train = Verb(TRAIN, "trainers.__main__", "main", TRAINERS.description)
    return replace(PIPELINES, prog=NAME, verbs=(*PIPELINES.verbs, train)).main(words)


if __name__ == "__main__":
    sys.exit(main())
