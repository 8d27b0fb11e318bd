"""The `watchfloor` command: operators' commands, each loaded only when it is called.

The packages above the core bring their own commands (`console`, `tenant`) through the entry-point group
`watchfloor.commands`; nothing here imports them. An error of our tree is one sentence on stderr and exit
code 1, wrong usage is exit code 2; a stack trace is shown with --debug only.
"""

import errno
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import IO, Final

import click

from watchfloor.kernel.characters import visible
from watchfloor.kernel.errors import Unavailable, WatchfloorError

COMMAND_GROUP: Final = "watchfloor.commands"
"""The entry-point group by which packages above the core add commands."""

_COMMANDS: Final = {
    "audit": "watchfloor.ops.commands.audit:audit",
    "up": "watchfloor.ops.commands.up:up",
    "key": "watchfloor.ops.commands.key:key",
    "match": "watchfloor.ops.commands.match:match",
    "migrate": "watchfloor.ops.commands.migrate:migrate",
    "serve": "watchfloor.ops.commands.serve:serve",
    "breach": "watchfloor.ops.commands.breach:breach",
    "connector": "watchfloor.ops.commands.connector.group:connector",
    "controls": "watchfloor.ops.commands.controls:controls",
    "demo": "watchfloor.ops.commands.demo:demo",
    "doctor": "watchfloor.ops.commands.doctor:doctor",
    "feed": "watchfloor.ops.commands.feed.group:feed",
    "oncall": "watchfloor.ops.commands.oncall:oncall",
    "osquery": "watchfloor.ops.commands.osquery:osquery",
    "quarantine": "watchfloor.ops.commands.quarantine:quarantine",
    "regimes": "watchfloor.ops.commands.regimes:regimes",
    "replay": "watchfloor.ops.commands.replay:replay",
    "measures": "watchfloor.ops.commands.measures:measures",
    "sla": "watchfloor.ops.commands.sla:sla",
    "rules": "watchfloor.ops.commands.rules.group:rules",
    "unparsed": "watchfloor.ops.commands.unparsed:unparsed",
    "export": "watchfloor.ops.commands.export:export",
    "search": "watchfloor.ops.commands.search:search",
}


class Complaint(click.ClickException):
    """An error as a person at a terminal reads it: what is wrong, where, and what to do."""

    exit_code = 1

    def show(self, file: IO[str] | None = None) -> None:
        """Print it, with nothing in it that a terminal would act on."""
        text = visible(f"watchfloor: {self.message}", newline="\n")
        click.echo(text, file=file, err=file is None)


class CommandLine(click.Group):
    """Commands by name, loaded late; every error becomes one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the interface's
        """All commands' names."""
        return sorted({*_COMMANDS, *_contributed()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the interface's
        """The command `cmd_name`, imported now; None if there is none."""
        target = _COMMANDS.get(cmd_name)
        if target is not None:
            module, _, attribute = target.partition(":")
            return _as_command(getattr(import_module(module), attribute))
        contributed = _contributed().get(cmd_name)
        return None if contributed is None else _as_command(_load(contributed))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what goes wrong becomes a Complaint, or is passed on with --debug."""
        try:
            return super().invoke(ctx)
        except WatchfloorError as error:
            if ctx.params["debug"]:
                raise
            raise Complaint(str(error)) from None
        except OSError as fault:
            if ctx.params["debug"] or fault.errno == errno.EPIPE:  # nobody reads us any more: click ends quietly
                raise
            raise Complaint(_refusal(fault)) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as fault:  # the process edge: a person gets a sentence, never a stack trace
            if ctx.params["debug"]:
                raise
            raise Complaint(
                f"This is a fault in Watchfloor: {type(fault).__name__}: {fault}. Run it again with --debug"
                " before the command's name, and send what it prints to the maintainers."
            ) from fault


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show stack traces.")
@click.version_option(package_name="watchfloor", message="watchfloor %(version)s")
def command_line(*, debug: bool) -> None:
    """Watchfloor: a self-hosted, multi-tenant managed SOC."""
    del debug  # read from the context where an error is shown


def main() -> None:
    """The process's entry point."""
    command_line(prog_name="watchfloor")


def _refusal(fault: OSError) -> str:
    place = f"{fault.filename}: " if fault.filename else ""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{place}The disk is full. Free some space and run it again; nothing stored is lost."
    return f"{place}The system refuses this: {fault.strerror or fault}."


def _contributed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=COMMAND_GROUP)}


def _load(point: EntryPoint) -> object:
    try:
        loaded: object = point.load()
    except ImportError as fault:
        return _missing(point, str(fault))
    return loaded


def _missing(point: EntryPoint, reason: str) -> click.Command:
    """What stands for a command whose package is not there: it is listed, and says so when it is called."""

    def say() -> None:
        raise Unavailable(f"The command {point.name} is not part of this installation: {reason}.", where=point.value)

    return click.Command(point.name, callback=say, short_help="(Not part of this installation.)")


def _as_command(loaded: object) -> click.Command:
    if not isinstance(loaded, click.Command):
        raise TypeError(f"{loaded!r} is not a command")
    return loaded


if __name__ == "__main__":
    main()
