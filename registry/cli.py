"""What every command of Stemma shares: `--json`, exit statuses, and errors that are one sentence.

Exit statuses (BSD sysexits where they have a word for it): 0 yes or done, 1 no, 2 unknown, 3 bad input,
64 usage, 70 internal error.
"""

import json
import logging
import sys

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.storable import storable_text

YES, NO, UNKNOWN, BAD_INPUT, USAGE, INTERNAL = 0, 1, 2, 3, 64, 70

log = logging.getLogger(__name__)


class BadInput(Exception):
    """What was handed in cannot be used; the message is one clear sentence."""


class Parser(CommandParser):
    """An argument parser whose errors end with status 64."""

    def error(self, message):
        if self.called_from_command_line:
            self.print_usage(sys.stderr)
            self.exit(USAGE, f"{self.prog}: {message}\n")
        raise CommandError(message, returncode=USAGE)


class StemmaCommand(BaseCommand):
    """A command whose `work(**options)` returns its exit status; `put` prints one JSON line or one readable line."""

    requires_system_checks = []

    def create_parser(self, prog_name, subcommand, **kwargs):
        kwargs.setdefault("formatter_class", None) or kwargs.pop("formatter_class")
        parser = Parser(
            prog=f"manage.py {subcommand}",
            description=self.help or None,
            missing_args_message=getattr(self, "missing_args_message", None),
            called_from_command_line=getattr(self, "_called_from_command_line", None),
            **kwargs,
        )
        self.add_base_argument(parser, "--settings", help=None)
        self.add_base_argument(parser, "--pythonpath", help=None)
        self.add_base_argument(parser, "--traceback", action="store_true", help="Show the traceback of an error.")
        self.add_base_argument(parser, "--no-color", action="store_true", help="No colours.")
        self.add_base_argument(parser, "--force-color", action="store_true", help="Colours even in a pipe.")
        self.add_base_argument(parser, "-v", "--verbosity", default=1, type=int, choices=[0, 1, 2, 3], help=None)
        parser.add_argument("--json", action="store_true", help="Print JSON only to stdout; progress goes to stderr.")
        self.add_arguments(parser)
        return parser

    def run_from_argv(self, argv):
        self._called_from_command_line = True
        try:
            super().run_from_argv(argv)
        except SystemExit:
            raise
        except KeyboardInterrupt:
            self.stderr.write("interrupted")
            sys.exit(130)
        except Exception as error:
            log.exception("internal error")
            self.stderr.write(f"internal error: {type(error).__name__}: {error}")
            sys.exit(INTERNAL)

    def handle(self, *args, **options):
        self.as_json = options["json"]
        try:
            status = self.work(*args, **options)
        except BadInput as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from None
        if status:
            if getattr(self, "_called_from_command_line", False):
                sys.exit(status)
            raise SystemExit(status)

    def work(self, *args, **options) -> int:
        """Do it and return the exit status."""
        raise NotImplementedError

    def put(self, answer: dict, readable: str) -> None:
        """Print `answer` as one JSON line under `--json`, else the readable text."""
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False) if self.as_json else readable
        self.stdout.write(storable_text(text))  # a lone surrogate out of a file cannot be written
