"""Where a folder of rules comes from: its licence, its commit, and where each of its files can be read on the web.

Reads the folder's LICENSE and git's own files; runs no program.
"""

import re
from pathlib import Path
from typing import Final

import msgspec

_UPWARDS: Final = 4
_LICENCE_NAMES: Final = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE.Detection.Rules.md", "COPYING")
_LICENCES: Final = (
    ("Detection Rule License", "DRL-1.1"),
    ("Apache License", "Apache-2.0"),
    ("MIT License", "MIT"),
    ("GNU AFFERO GENERAL PUBLIC LICENSE", "AGPL-3.0"),
    ("GNU GENERAL PUBLIC LICENSE", "GPL"),
    ("Creative Commons Legal Code", "CC"),
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REMOTE: Final = re.compile(r'\[remote "origin"\](?:\s+(?!\[).*)*?\s+url\s*=\s*(\S+)')
_HOSTED: Final = re.compile(r"(?:https://|ssh://)?(?:[\w.-]+@)?(github\.com|gitlab\.com)[:/]([\w./-]+?)(?:\.git)?/?")
_SIGMAHQ: Final = ("github.com/SigmaHQ", "https://github.com/SigmaHQ/sigma")


class RuleOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a collection of rules. `root` is its top folder, which `link_base` stands for.

    `licence` is None where no text says it. `source` is the address of its repository.
    """

    root: Path
    licence: str | None
    licence_file: Path | None
    commit: str | None
    source: str | None

    @property
    def link_base(self) -> str | None:
        """What a file's path from `root` is appended to, to see it on the web."""
        if self.source is None:
            return None
        between = "/-/blob/" if "gitlab.com" in self.source else "/blob/"
        return f"{self.source}{between}{self.commit or 'HEAD'}/"


def find_origin(folder: Path) -> RuleOrigin:
    """The origin of a folder: of the nearest folder from here upwards that has a licence or is a checkout."""
    start = folder.absolute()
    for place in [start, *start.parents][: _UPWARDS + 1]:
        licence_file = next((place / name for name in _LICENCE_NAMES if (place / name).is_file()), None)
        git = _git_folder(place)
        if licence_file is not None or git is not None:
            text = "" if licence_file is None else _text(licence_file)
            return RuleOrigin(
                root=place,
                licence=_licence(text) if licence_file is not None else None,
                licence_file=licence_file,
                commit=None if git is None else _commit(git),
                source=(None if git is None else _source(git)) or (_SIGMAHQ[1] if _SIGMAHQ[0] in text else None),
            )
    return RuleOrigin(root=start, licence=None, licence_file=None, commit=None, source=None)


def _licence(text: str) -> str:
    found = [(text.find(words), name) for words, name in _LICENCES if words in text]
    return min(found)[1] if found else "see LICENSE"


def _git_folder(place: Path) -> Path | None:
    """Git's own folder of a checkout, which for a worktree stands elsewhere."""
    git = place / ".git"
    if git.is_file():
        named = _text(git).removeprefix("gitdir:").strip()
        git = (place / named) if named else git
    return git if (git / "HEAD").is_file() else None


def _commit(git: Path) -> str | None:
    head = _text(git / "HEAD").strip()
    reference = head.removeprefix("ref:").strip()
    if reference == head:
        return head if _COMMIT.fullmatch(head) else None
    shared = git / _text(git / "commondir").strip() if (git / "commondir").is_file() else git
    for folder in (git, shared):
        found = _text(folder / reference).strip()
        if _COMMIT.fullmatch(found):
            return found
    for line in _text(shared / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference and _COMMIT.fullmatch(commit):
            return commit
    return None


def _source(git: Path) -> str | None:
    shared = git / _text(git / "commondir").strip() if (git / "commondir").is_file() else git
    remote = _REMOTE.search(_text(shared / "config"))
    hosted = _HOSTED.fullmatch(remote[1]) if remote is not None else None
    return f"https://{hosted[1]}/{hosted[2]}" if hosted is not None else None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
