"""`python -m trainers VERB`: the rewriter, the classifier, and the models that go with them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

EXIT_STOPPED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 1, 2, 130


def verbs(arguments: list[str]) -> Mapping[str, Callable[..., Any]]:
    """Function by verb; heavy libraries load only when one is called."""
    from trainers.mmbt.grid.verb import mmbt_grid
    from trainers.mmbt.verb import mmbt_flags
    from trainers.pocket.verb import pocket
    from trainers.rewriter.verb import rewriter_flags

    return {
        "rewriter": rewriter_flags(arguments),
        "mmbt": mmbt_flags(arguments),
        "mmbt-grid": mmbt_grid,
        "pocket": pocket,
    }


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 training stopped, 2 a mistake in what was asked, 130 interrupted."""
    import tyro

    from trainers.loop.launch import TrainingStopped

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("ray").setLevel(logging.WARNING)
    try:
        tyro.extras.subcommand_cli_from_dict(
            dict(verbs(sys.argv[1:] if arguments is None else arguments)),
            args=arguments,
            prog="python -m trainers",
            description=__doc__,
            sort_subcommands=False,
        )
    except ValueError as error:
        logging.getLogger(__name__).debug("", exc_info=True)
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except TrainingStopped as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_STOPPED
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
