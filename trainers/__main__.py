"""`python -m trainers VERB`: the rewriter, the classifier, and the models that go with them."""

from __future__ import annotations

import sys

from pipelines.command_line.program import Program
from trainers.verbs import TRAINERS


def stops() -> tuple[type[RuntimeError], ...]:
    """Errors after which the same command resumes the training."""
    from trainers.loop.launch import TrainingStopped

    return (TrainingStopped,)


PROGRAM = Program(
    prog="python -m trainers",
    description="Trains the rewriter, the classifier, and the models that go with them.",
    verbs=TRAINERS,
    stops=stops,
    interrupted="interrupted; the same command goes on from the last checkpoint",
)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 training stopped, 2 a mistake in arguments or input, 130 interrupted."""
    return PROGRAM.main(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
