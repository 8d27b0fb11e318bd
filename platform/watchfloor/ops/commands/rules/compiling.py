"""`watchfloor rules compile`: the installation's rules made ready, as the pipeline does by itself."""

import click

from watchfloor.kernel.config import load_settings
from watchfloor.ops.rulesets.compiled import compile_ruleset, read_compiled


@click.command("compile", short_help="Make the installation's rules ready for the pipeline.")
def rules_compile() -> None:
    """Compile the installation's rules, so that the next start of a pipeline finds them ready.

    Not needed: a pipeline compiles what it does not find, and notices changes while it runs.
    """
    path = compile_ruleset(load_settings())
    engine = read_compiled(path)
    count = 0 if engine is None else len(engine.rules)
    click.echo(f"{count:,} rules are ready in {path} ({path.stat().st_size / 1e6:.1f} MB)")
