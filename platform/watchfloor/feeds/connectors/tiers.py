"""The table of quality tiers: which connector has which, and why. The documentation holds the same table."""

from watchfloor.feeds.connectors.catalogue import Catalogue


def tiers_table(catalogue: Catalogue) -> str:
    """The table in Markdown, one line a connector, with links to its page as seen from the documentation's folder."""
    lines = ["| connector | fetches | tier | why |", "|---|---|---|---|"]
    for name, connector in catalogue.items():
        manifest = connector.manifest
        lines.append(f"| [{name}]({manifest.page}) | {manifest.title} | {manifest.tier} | {manifest.why} |")
    return "\n".join(lines) + "\n"
