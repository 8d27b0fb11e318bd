"""The lake that an installation's settings say."""

from watchfloor.kernel.config import Settings
from watchfloor.lake.files import LocalFiles
from watchfloor.lake.segments import SegmentStore


def open_lake(settings: Settings) -> SegmentStore:
    """The event store of this installation."""
    return SegmentStore(LocalFiles(settings.lake_dir))
