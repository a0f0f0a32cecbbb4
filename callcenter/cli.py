"""`callcenter`: the processes and the tools, one command each."""

from __future__ import annotations

import gc
import importlib
import logging
import sys

import click
import structlog

from callcenter import __version__

# name → what it is, said here so that --help imports nothing
COMMANDS = {
    "run": "Start the whole centre on this machine.",
    "press": "Press a key on an elder's telephone: a real SIP call.",
    "migrate": "Bring the database up to date, set its roles, put in what every centre starts with.",
    "seed": "Fill an empty database with the demo district.",
    "setup": "Make an empty database a centre: its name, regions, numbers, trunk, the first admin.",
    "user": "Who may sign in: add, password, disable, enable, list.",
    "duty": "Telephones that ring when no agent answers: add, list, remove.",
    "line": "Called numbers and what they are for: set, list, remove.",
    "backup": "Write all that the centre has into one encrypted file, or check such a file.",
    "restore": "Bring a backup into an empty house, or in place of what is there.",
    "doctor": "Say in plain words whether this house can do its work, and what to do about it.",
    "drill": "Try the whole loop on the house as it runs, measure each step, leave nothing of it.",
    "sheet": "Print the sheet of today's risks, for the day when everything is down.",
    "api": "The console's server.",
    "voice": "The only writer to the PBX.",
    "relay": "Numbers events and wakes the bus.",
    "worker": "Jobs and their beat.",
    "stores": "The stores' web app.",
    "public": "What strangers reach: ambulance crews, cities, carriers' callbacks.",
    "protocols": "What is asked and done in an emergency: check, list, replay.",
    "audit": "Whether every press is accounted for: presses.",
    "trace": "Print a press's way from press to points, in order, with times.",
    "points": "The books of points and time coins: verify, seal, lines.",
    "prompts": "What callers hear: check a centre's own recordings.",
    "openapi": "Print the api's schema.",
    "bench": "Measure the figures of docs/benchmarks.md.",
}


class LazyGroup(click.Group):
    """Loads a command's module when it is called, so that the relay does not import the console."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        gc.disable()
        try:
            command = importlib.import_module(f"callcenter.commands.{cmd_name}").command
        finally:
            gc.freeze()  # what is imported stays: looking through it costs a fifth of the start, and later stops a process for a tenth of a second
            gc.enable()
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """One-Key 一键通: a 24-hour call centre for elders who live at home."""
    if not structlog.is_configured():
        # a tool's words are its output; what the house logs on the way is for the processes, which say how (kit.logs)
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING), logger_factory=structlog.PrintLoggerFactory(sys.stderr)
        )


if __name__ == "__main__":
    main()
