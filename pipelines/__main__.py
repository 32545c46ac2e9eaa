"""`python -m pipelines VERB`: annotate, report, inspect, list, quick, demo and the rest."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.config_file import expand_config

EXIT_STOPPED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 1, 2, 130


def verbs() -> Mapping[str, Callable[..., Any]]:
    """Function by verb; heavy libraries load only when one is called."""
    from pipelines.recipes.annotate import annotate
    from pipelines.recipes.baseline_verb import baseline
    from pipelines.recipes.classify import classify
    from pipelines.recipes.demo.verb import demo, quick
    from pipelines.recipes.distort import distort
    from pipelines.recipes.export import export
    from pipelines.recipes.filter.verb import filter_responses
    from pipelines.recipes.ingest import ingest
    from pipelines.recipes.inspect_run import inspect
    from pipelines.recipes.label_study.verb import label_study
    from pipelines.recipes.listing import list_all
    from pipelines.recipes.report import report
    from pipelines.recipes.rewrite import rewrite

    return {
        "ingest": ingest,
        "annotate": annotate,
        "distort": distort,
        "report": report,
        "rewrite": rewrite,
        "filter": filter_responses,
        "export": export,
        "inspect": inspect,
        "list": list_all,
        "baseline": baseline,
        "classify": classify,
        "label-study": label_study,
        "quick": quick,
        "demo": demo,
    }


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 the run stopped, 2 a mistake in what was asked, 130 interrupted."""
    import tyro

    from pipelines.engine.resume import Unbalanced
    from pipelines.engine.run import StageCrashed, TooManyFailed
    from pipelines.sources.command_line import with_source_flags

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("ray").setLevel(logging.WARNING)
    try:
        given = expand_config(sys.argv[1:] if arguments is None else arguments)
        chosen = {name: verb for name, verb in verbs().items() if [name] == given[:1]} or verbs()
        tyro.extras.subcommand_cli_from_dict(
            {name: with_source_flags(verb, given[1:]) for name, verb in chosen.items()},
            args=given,
            prog="python -m pipelines",
            description=__doc__,
            sort_subcommands=False,
        )
    except ValueError as error:
        logging.getLogger(__name__).debug("", exc_info=True)
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except (StageCrashed, TooManyFailed, Unbalanced) as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_STOPPED
    except KeyboardInterrupt:
        print("interrupted; finished rows are kept, the same command goes on from there", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
