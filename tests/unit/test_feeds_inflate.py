"""Compressed bodies: undone exactly, never beyond the limits, whatever they promise (N1)."""

import contextlib
import gzip
import os
import time
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Final

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds.inflate import UnknownEncoding, inflate
from watchfloor.feeds.limits import INFLATED_BYTES, RATIO_FREE_BYTES
from watchfloor.kernel.errors import Invalid, TooLarge

PACKED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
    "": bytes,
}


@given(st.binary(max_size=5_000), st.sampled_from(sorted(PACKED)))
def test_what_was_compressed_comes_back(content: bytes, encoding: str) -> None:
    assert inflate(PACKED[encoding](content), encoding) == content


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=9), st.sampled_from(["gzip", "zstd"]))
def test_several_members_or_frames_are_one_content(parts: list[bytes], encoding: str) -> None:
    assert inflate(b"".join(PACKED[encoding](part) for part in parts), encoding) == b"".join(parts)


@given(st.binary(max_size=200))
def test_deflate_without_its_header_is_understood(content: bytes) -> None:
    assert inflate(zlib.compress(content, wbits=-15), "deflate") == content


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "zstd"]))
def test_rubbish_ends_in_no_error_but_the_declared_one(content: bytes, encoding: str) -> None:
    with contextlib.suppress(Invalid):
        inflate(content, encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_that_is_cut_off_anywhere_is_refused(encoding: str) -> None:
    whole = PACKED[encoding](b"a line of a log\n" * 50)
    for length in range(len(whole)):
        with pytest.raises(Invalid):
            inflate(whole[:length], encoding)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "compress", "snappy", "GZIP2", "\0"])
def test_an_encoding_that_we_do_not_speak_is_named_as_the_fault(encoding: str) -> None:
    with pytest.raises(UnknownEncoding) as refused:
        inflate(b"x", encoding)
    assert refused.value.where == "Content-Encoding"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused_quickly_and_with_little_memory(encoding: str) -> None:
    bomb = PACKED[encoding](bytes(300_000_000))
    tracemalloc.start()
    begun = time.monotonic()
    with pytest.raises(TooLarge):
        inflate(bomb, encoding)
    took, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1.0
    assert peak < INFLATED_BYTES * 1.6


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_of_very_many_empty_parts_is_refused(encoding: str) -> None:
    with pytest.raises(TooLarge):
        inflate(PACKED[encoding](b"") * 100_000, encoding)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_equal_lines_may_compress_better_than_the_ratio_while_they_are_few(encoding: str) -> None:
    assert len(inflate(PACKED[encoding](bytes(RATIO_FREE_BYTES)), encoding)) == RATIO_FREE_BYTES
    with pytest.raises(TooLarge):
        inflate(PACKED[encoding](bytes(RATIO_FREE_BYTES * 5)), encoding)


def test_the_limit_on_content_is_exact() -> None:
    noise = os.urandom(1_000_000).hex().encode() * (INFLATED_BYTES // 2_000_000)
    assert len(inflate(gzip.compress(noise, 1), "gzip")) == INFLATED_BYTES
    with pytest.raises(TooLarge):
        inflate(gzip.compress(noise + b"x", 1), "gzip")


def test_a_frame_that_wants_a_huge_window_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(Invalid):
        inflate(stream.compress(b"x" * 100) + stream.flush(), "zstd")
