"""A program with verbs: which one is meant, its help, its mistakes, and the exit code."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actors.did_you_mean import did_you_mean
from pipelines.command_line.config_file import expand_config
from pipelines.command_line.late_imports import late_imports
from pipelines.command_line.verb import Verb

logger = logging.getLogger(__name__)
EXIT_STOPPED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 1, 2, 130
HELP, VERSION = ("-h", "--help"), "--version"


@dataclass(frozen=True)
class Program:
    """A program: `prog` is its command; `stops` returns the errors of runs that can go on later, called when
    one was raised; `interrupted` is printed after Ctrl-C."""

    prog: str
    description: str
    verbs: Sequence[Verb]
    stops: Callable[[], tuple[type[RuntimeError], ...]]
    interrupted: str

    def main(self, arguments: Sequence[str]) -> int:
        """The exit code: 0 done, 1 the run stopped, 2 a mistake in arguments or input, 130 interrupted."""
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        logging.getLogger("ray").setLevel(logging.WARNING)
        try:
            return self._run(expand_config(arguments))
        except ValueError as error:
            logger.debug("", exc_info=True)
            print(f"error: {error}", file=sys.stderr)
            return EXIT_USER_ERROR
        except RuntimeError as error:
            if not isinstance(error, self.stops()):
                raise
            print(f"error: {error}", file=sys.stderr)
            return EXIT_STOPPED
        except BrokenPipeError:  # `... --help | head`
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115  or Python complains once more at its end
            return 0
        except KeyboardInterrupt:
            print(self.interrupted, file=sys.stderr)
            return EXIT_INTERRUPTED

    def _run(self, arguments: Sequence[str]) -> int:
        if not arguments:
            print(self.overview(), file=sys.stderr)
            return EXIT_USER_ERROR
        word, *rest = arguments
        if word in HELP:
            print(self.overview())
        elif VERSION in arguments:
            from importlib.metadata import version

            print(f"etiquette {version('etiquette')}")
        else:
            self._call(self.verb(word), rest)
        return 0

    def _call(self, verb: Verb, arguments: Sequence[str]) -> None:
        with late_imports():
            from pipelines.command_line.flags import help_text, read_flags

            function, prog = verb.load_for(arguments), f"{self.prog} {verb.name}"
            if any(flag in arguments for flag in HELP):
                print(help_text(function, prog))
                return
            call = read_flags(function, arguments, prog)
        call()

    def verb(self, word: str) -> Verb:
        """The verb of that name.

        Raises:
            ValueError: no verb has that name; names the one that was probably meant.
        """
        by_name = {verb.name: verb for verb in self.verbs}
        if word not in by_name:
            kind = "flag" if word.startswith("-") else "verb"
            close = did_you_mean(word, by_name)
            raise ValueError(f"there is no {kind} {word!r}{close}\n`{self.prog} --help` shows the verbs")
        return by_name[word]

    def overview(self) -> str:
        """The text of `--help`: the verbs, a line each."""
        width = max(len(verb.name) for verb in self.verbs)
        lines = "\n".join(f"  {verb.name:{width}}  {verb.summary}" for verb in self.verbs)
        closing = f"`{self.prog} VERB --help` shows a verb's flags; `{self.prog} --version` the version."
        return f"usage: {self.prog} VERB ...\n\n{self.description}\n\n{lines}\n\n{closing}"
