"""Where the desk looks for events: the lake's directory, and the processes that search it."""

from pathlib import Path
from typing import Final

from watchfloor.search.process import Searchers


class EventDesk:
    """Where the desk looks for events. One for each process of a surface."""

    def __init__(self, lake: Path) -> None:
        """`lake` is the directory of the lake."""
        self.lake: Final = lake
        self.searchers: Final = Searchers(most=2)

    async def close(self) -> None:
        """Ends all searches."""
        await self.searchers.close()
