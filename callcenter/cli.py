"""`callcenter`: the processes and the tools, one command each."""

from __future__ import annotations

import importlib

import click

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
    "api": "The console's server.",
    "voice": "The only writer to the PBX.",
    "relay": "Numbers events and wakes the bus.",
    "worker": "Jobs and their beat.",
    "stores": "The stores' web app.",
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
        command = importlib.import_module(f"callcenter.commands.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """One-Key 一键通: a 24-hour call centre for elders who live at home."""


if __name__ == "__main__":
    main()
