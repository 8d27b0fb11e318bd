"""Reading files of recorded events: every form is recognised by its content, cut anywhere, and damage is named."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
import zstandard
from hypothesis import given

from watchfloor.ops.scan import blocks, documents
from watchfloor.ops.scan.blocks import BLOCK_BYTES, MAX_LINE, Damage, cut, form_of
from watchfloor.ops.scan.documents import split_documents
from watchfloor.ops.scan.records import Record, records
from watchfloor.ops.scan.sources import find_sources
from watchfloor.ops.scan.stream import DAMAGE, Stream

SIGMAHQ = Path(__file__).parents[2].parent / "shared" / "data" / "sigmahq"
LINES = b'{"a":1}\n\n  {"b":2}\r\nno json\n{"c":3}'


class Pieces:
    """Bytes that come a few at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    def read(self, size: int, /) -> bytes:  # noqa: ARG002 - the interface's
        taken, self._data = self._data[: self._size], self._data[self._size :]
        return taken


def split(data: bytes, size: int = 1 << 20) -> list[tuple[int, bytes | str]]:
    pieces = Pieces(data, size)
    return [(found.line, found.body) for found in split_documents(pieces, pieces.read(0))]


def read(path: Path) -> list[Record | Damage]:
    found: list[Record | Damage] = []
    with closing(Stream(path)) as stream:
        for piece in cut(stream):
            found.extend([piece] if isinstance(piece, Damage) else records(piece))
    return found


def evtx() -> bytes:
    found = sorted(SIGMAHQ.rglob("regression_data/rules/**/*.evtx"))
    if not found:
        pytest.skip("public data is missing: sigmahq")
    return found[0].read_bytes()


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (b'{"a":1}\n{"b":2}\n', "json_lines"),
        (b'\xef\xbb\xbf{"a":1}', "json_lines"),
        (b'{"a":\n{"b":2}\n', "json_lines"),
        (b'{"Records":[{"a":1}]}\n', "documents"),
        (b'{\n  "a": 1\n}\n', "documents"),
        (b' [\n{"a":1}]', "documents"),
        (b"[]", "documents"),
        (b"[2026-01-02] a line\n", "text"),
        (b"{not json\n", "text"),
        (b"Mar  2 08:14:27 host sshd[1]: x\n", "text"),
        (b"", "text"),
        (b"ElfFile\0\1\2", "evtx"),
        (b"\x89PNG\r\n\0\0", None),
    ],
)
def test_the_content_says_what_form_a_file_has(head: bytes, form: str | None) -> None:
    assert form_of(head) == form


def test_lines_keep_their_numbers_and_blank_ones_are_no_records(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(LINES)
    expected = [Record(1, b'{"a":1}'), Record(3, b'{"b":2}'), Record(4, b"no json"), Record(5, b'{"c":3}')]
    assert read(tmp_path / "x") == expected


def gzip_twice(data: bytes) -> bytes:
    return gzip.compress(data[:7]) + gzip.compress(data[7:])


def zstd_twice(data: bytes) -> bytes:
    return zstandard.compress(data[:9]) + zstandard.compress(data[9:])


def utf16(data: bytes) -> bytes:
    return data.decode().encode("utf-16")


def utf16_gzip(data: bytes) -> bytes:
    return gzip.compress(utf16(data))


@pytest.mark.parametrize(
    "pack", [gzip.compress, gzip_twice, lzma.compress, bz2.compress, zstd_twice, utf16, utf16_gzip]
)
def test_a_compressed_or_recoded_file_reads_as_the_plain_one(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    text = LINES * 50_000
    (tmp_path / "plain").write_bytes(text)
    (tmp_path / "packed").write_bytes(pack(text))
    assert read(tmp_path / "packed") == read(tmp_path / "plain")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress, zstandard.compress])
def test_a_compressed_file_that_is_cut_off_is_damaged(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack(LINES * 1_000)[:-6])
    with pytest.raises(DAMAGE):
        read(path)


def test_lines_are_whole_wherever_blocks_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(LINES * 40)
    whole = read(tmp_path / "x")
    for size in (64, 65, 71, 100):
        monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
        assert read(tmp_path / "x") == whole


def test_a_line_without_end_is_cut_off_and_what_follows_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\n" + b"x" * (2 * BLOCK_BYTES) + b"\nb\n")
    found = [record for record in read(tmp_path / "x") if isinstance(record, Record)]
    assert [(record.line, record.body[:1]) for record in found] == [(1, b"a"), (2, b"x"), (3, b"b")]
    assert len(found[1].body) <= MAX_LINE + BLOCK_BYTES


EVENTS = st.lists(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.text(max_size=8) | st.integers() | st.booleans() | st.none(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=5,
    ),
    max_size=6,
)


@given(EVENTS, st.integers(1, 90), st.sampled_from(["array", "pretty", "wrapped", "several"]))
def test_documents_are_found_in_every_form_wherever_the_stream_is_cut(
    events: list[dict[str, object]], size: int, form: str
) -> None:
    texts = {
        "array": json.dumps(events),
        "pretty": json.dumps(events, indent=2, ensure_ascii=False),
        "wrapped": json.dumps({"Records": events, "after": {"Records": [1]}}, indent=1),
        "several": "\n".join(json.dumps(event, indent=2) for event in events),
    }
    found = split(texts[form].encode("utf-8", "surrogatepass"), size)
    assert all(isinstance(body, bytes) for _, body in found)
    assert [json.loads(body) for _, body in found if isinstance(body, bytes)] == events


def test_documents_have_the_line_where_they_begin() -> None:
    assert split(b'[\n{"a":\n1},\n\n {"b":2}]') == [(2, b'{"a":\n1}'), (5, b'{"b":2}')]


def test_wrapped_files_one_after_the_other_are_all_opened() -> None:
    data = b'{"Records":[{"a":1}],"x":1}\n{"Records": [{"b":2}]}{"@odata.context":"c","value":[{"d":4}]}'
    assert [body for _, body in split(data)] == [b'{"a":1}', b'{"b":2}', b'{"d":4}']


def test_an_event_that_has_a_list_called_value_is_an_event() -> None:
    assert split(b'{"id":1,"value":[{"a":1}]}') == [(1, b'{"id":1,"value":[{"a":1}]}')]


@pytest.mark.parametrize(
    ("data", "good", "lines"),
    [
        (b'[{"a":1},\n5,\n{"b":2}]', 2, [2]),
        (b'[{"a":1}\n x {"b":2}]', 2, [2]),
        (b'[{"a":1}]\n]', 1, [2]),
        (b'[{"a":1},\n{"b":', 1, [2]),
        (b'[{"a":1},\n{"b":"\\', 1, [2]),
        (b'{"a":1}\nrest', 1, [2]),
    ],
)
def test_what_is_no_event_is_told_with_its_line_and_the_rest_goes_on(data: bytes, good: int, lines: list[int]) -> None:
    for size in (1, 3, 100):
        found = split(data, size)
        assert sum(isinstance(body, bytes) for _, body in found) == good
        assert [line for line, body in found if isinstance(body, str)] == lines


def test_a_value_without_end_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_DOCUMENT", 9_000)
    found = split(b'[{"a":1},{"b":"' + b"x" * 100_000, 100)
    assert len(found) == 2
    assert "has no end within" in str(found[1][1])


def test_an_event_log_is_read_chunk_by_chunk(tmp_path: Path) -> None:
    data = evtx()
    (tmp_path / "one").write_bytes(data)
    (tmp_path / "many").write_bytes(data + data[4096:] * 40 + bytes(65536) * 2)
    (tmp_path / "packed").write_bytes(gzip.compress(data))
    one = read(tmp_path / "one")
    assert one
    assert all(isinstance(record, Record) and msgspec.json.decode(record.body) for record in one)
    assert read(tmp_path / "many") == one * 41
    assert read(tmp_path / "packed") == one


def test_a_damaged_event_log_names_the_damage_and_gives_the_rest(tmp_path: Path) -> None:
    data = evtx()
    broken = b"X" * 8 + data[4096 + 8 :]
    (tmp_path / "x").write_bytes(data[:4096] + broken + data[4096:] + data[4096:][:700])
    found = read(tmp_path / "x")
    assert [one.place for one in found if isinstance(one, Damage)] == ["chunk 3"]
    faults = [one.fault for one in found if isinstance(one, Record) and one.fault is not None]
    assert faults
    assert "damaged here" in faults[0]
    assert any(isinstance(one, Record) and one.fault is None for one in found)


def test_an_event_log_that_ends_in_its_header_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"ElfFile\0" + bytes(100))
    assert read(tmp_path / "x") == [Damage(place=None, reason="The event log ends within its header.")]


def test_folders_are_followed_in_order_and_each_file_is_taken_once(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b" / "loop").symlink_to(tmp_path, target_is_directory=True)

    def names(*paths: Path) -> Iterator[str]:
        return (source.path.relative_to(tmp_path).as_posix() for source in find_sources(paths))

    assert list(names(tmp_path)) == ["a", "b/1", "b/2"]
    assert list(names(tmp_path / "b" / "2", tmp_path)) == ["b/2", "a", "b/1"]
