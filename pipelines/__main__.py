"""`python -m pipelines VERB`: annotate, report, inspect, list, quick, demo and the rest."""

from __future__ import annotations

import sys

from pipelines.command_line.program import Program
from pipelines.verbs import VERBS


def stops() -> tuple[type[RuntimeError], ...]:
    """Errors after which the same command resumes the run."""
    from pipelines.engine.failures import StageCrashed, TooManyFailed
    from pipelines.engine.resume import Unbalanced

    return StageCrashed, TooManyFailed, Unbalanced


PROGRAM = Program(
    prog="python -m pipelines",
    description="Annotates, rewrites, distorts, filters and exports data sets, and reports on the runs.",
    verbs=VERBS,
    stops=stops,
    interrupted="interrupted; finished rows are kept, the same command goes on from there",
)


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 the run stopped, 2 a mistake in arguments or input, 130 interrupted."""
    return PROGRAM.main(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
