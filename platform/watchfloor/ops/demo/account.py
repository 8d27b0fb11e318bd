"""What the demo prints when its course has ended: what went in, what came of it, and where to go from there."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchfloor.kernel.config import Settings
from watchfloor.kernel.neutralise import Untrusted, for_terminal
from watchfloor.ops.demo.cast import ANALYST, VIEWERS
from watchfloor.ops.demo.run import LOOKED_FOR, Outcome, Story


def give_account(console: Console, settings: Settings, outcome: Outcome) -> None:
    """Prints the outcome."""
    console.print()
    for story in outcome.stories:
        console.print(_table(story))
    console.print(f"\n[bold]{outcome.worked}[/] as the analyst's console shows it")
    console.file.write(outcome.card)
    console.print(f"\n[bold]events {LOOKED_FOR}[/] as the console answers")
    console.file.write(outcome.found)
    console.print(_figures(outcome), highlight=False, soft_wrap=True)
    for fault in outcome.faults:
        console.print(Text("WRONG  ", "bold red") + _shown(fault))
    console.print(_where_to_go(settings, outcome), highlight=False, soft_wrap=True)


def _table(story: Story) -> Table:
    table = Table(title=story.name, title_justify="left", title_style="bold", expand=False)
    for heading in ("alert", "severity"):
        table.add_column(heading)
    table.add_column("events", justify="right")
    for alert in sorted(story.alerts, key=lambda found: found.title):
        table.add_row(_shown(alert.title), alert.severity, str(alert.events))
    return table


def _shown(text: str) -> Text:
    """Text that may come from an event, as the terminal may have it."""
    return Text(for_terminal(Untrusted(text)))


def _figures(outcome: Outcome) -> str:
    feeds = [feed for story in outcome.stories for feed in story.feeds]
    unreadable = sum(feed.quarantined for feed in feeds)
    lines = [
        f"{sum(feed.events for feed in feeds):>8,}  events came in, {unreadable} of them unreadable",
        f"{sum(feed.matches for feed in feeds):>8,}  matches, most of them logons that are only counted",
        f"{sum(len(story.alerts) for story in outcome.stories):>8,}  alerts",
        f"{sum(len(story.incidents) for story in outcome.stories):>8,}  incidents",
        f"{outcome.knocks:>8,}  questions after the other customer's incidents, all answered as if there were none"
        if not any("can tell" in fault for fault in outcome.faults)
        else f"{outcome.knocks:>8,}  questions after the other customer's incidents",
    ]
    return "\n" + "\n".join(lines) + "\n"


def _where_to_go(settings: Settings, outcome: Outcome) -> str:
    program = Path(sys.executable).with_name("watchfloor")
    if program.is_relative_to(Path.cwd()):
        program = program.relative_to(Path.cwd())
    console = f"WATCHFLOOR_HOME={settings.home} {program} console --as {ANALYST}"
    viewers = ", ".join(VIEWERS.values())
    papers = "".join(
        f"[bold]report[/]    {paper.file}  ({paper.kind.replace('_', ' ')}, {paper.language}, {paper.pages} pages)\n"
        for paper in outcome.dossier.papers
    )
    return (
        f"[bold]report[/]    {outcome.pdf}  ({outcome.report.pages} pages)\n{papers}"
        f"[bold]API docs[/]  {settings.public_url}/api/docs  (sign in as {ANALYST}, {viewers})\n"
        f"[bold]console[/]   {console}\n"
        f"[bold]browser[/]   {settings.public_url}/console  (sign in as {ANALYST})"
    )
