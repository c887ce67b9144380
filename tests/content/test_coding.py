import contextlib
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvput.content.coding import DECODERS, MAX_GZIP_MEMBERS, SUPPORTED, decoder_for
from kvput.errors import ContentTooLarge, MalformedContent, UnsupportedContentCoding

PLAIN = b'{"color": "red"}' * 40
LIMIT = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def decode(value: str, data: bytes, *, limit: int = LIMIT, size: int | None = None) -> bytes:
    make = decoder_for(value)
    assert make is not None
    decoder = make()
    size = size or max(len(data), 1)
    pieces = [decoder.feed(data[at : at + size], limit) for at in range(0, len(data), size)]
    return b"".join([*pieces, decoder.finish()])


CODED = [
    ("gzip", gzip.compress(PLAIN)),
    ("x-gzip", gzip.compress(PLAIN)),
    ("GZip", gzip.compress(PLAIN)),
    ("deflate", zlib.compress(PLAIN)),
    ("deflate", zlib.compress(PLAIN, 0)),
    ("deflate", raw_deflate(PLAIN)),
    ("identity, gzip", gzip.compress(PLAIN)),
    (", gzip ,", gzip.compress(PLAIN)),
    ("deflate, gzip", gzip.compress(zlib.compress(PLAIN))),
    ("gzip,deflate", raw_deflate(gzip.compress(PLAIN))),
    ("gzip, gzip", gzip.compress(gzip.compress(PLAIN))),
    ("gzip", gzip.compress(PLAIN[:100]) + gzip.compress(b"") + gzip.compress(PLAIN[100:])),
]


@pytest.mark.parametrize("size", [1, 7, None])
@pytest.mark.parametrize(("value", "data"), CODED)
def test_coding_is_undone_however_the_content_comes(
    value: str, data: bytes, size: int | None
) -> None:
    """Byte by byte or at once, the decoded content is the same."""
    assert decode(value, data, size=size) == PLAIN


@pytest.mark.parametrize("value", [None, "", " ", "identity", "Identity, ,identity"])
def test_no_coding_needs_no_decoder(value: str | None) -> None:
    """Content that is not coded is left alone."""
    assert decoder_for(value) is None


@pytest.mark.parametrize(
    "value", ["br", "zstd", "gzip, br", "*", "gzip;q=1", "gzip gzip", "\udcff", "gzip, gzip, gzip"]
)
def test_unknown_coding_is_refused_with_those_that_are_known(value: str) -> None:
    """The error carries Accept-Encoding, which names codings that do work."""
    with pytest.raises(UnsupportedContentCoding) as caught:
        decoder_for(value)
    assert caught.value.fields == (("Accept-Encoding", "gzip, deflate"),)
    caught.value.detail.encode()


def test_supported_codings_are_in_the_table() -> None:
    """What kvput announces, it can undo."""
    assert all(DECODERS[coding] for coding in SUPPORTED.split(", "))


@pytest.mark.parametrize(
    ("value", "data"), [("gzip", gzip.compress(b"")), ("deflate", b"\x03\x00")]
)
def test_empty_content_can_be_coded(value: str, data: bytes) -> None:
    """A coding of nothing is not nothing."""
    assert decode(value, data, limit=0) == b""


@pytest.mark.parametrize(("value", "data"), CODED)
def test_content_of_the_limit_is_taken_and_one_byte_more_is_not(value: str, data: bytes) -> None:
    """The limit counts decoded bytes, exactly."""
    assert len(decode(value, data, limit=len(PLAIN))) == len(PLAIN)
    with pytest.raises(ContentTooLarge, match=f"larger than {len(PLAIN) - 1} bytes"):
        decode(value, data, limit=len(PLAIN) - 1)


@pytest.mark.parametrize(
    ("value", "rounds"), [("gzip", 1), ("deflate", 1), ("gzip, gzip", 2)], ids=["1", "2", "3"]
)
def test_bomb_is_stopped_at_the_limit(value: str, rounds: int) -> None:
    """Content that would become 64 MB takes memory near the limit only."""
    bomb = b"\x00" * 64_000_000
    for _ in range(rounds):
        bomb = zlib.compress(bomb) if value == "deflate" else gzip.compress(bomb, 6)
    tracemalloc.start()
    try:
        with pytest.raises(ContentTooLarge):
            decode(value, bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * LIMIT


def test_limit_holds_across_members() -> None:
    """Many small members are counted together."""
    with pytest.raises(ContentTooLarge):
        decode("gzip", gzip.compress(b"x" * 100) * 20, limit=1000)


def test_members_are_counted() -> None:
    """Empty members cannot make work without end."""
    member = gzip.compress(b"")
    assert decode("gzip", member * MAX_GZIP_MEMBERS) == b""
    with pytest.raises(MalformedContent, match="send nothing after it"):
        decode("gzip", member * (MAX_GZIP_MEMBERS + 1))


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("gzip", PLAIN),
        ("gzip", zlib.compress(PLAIN)),
        ("gzip", gzip.compress(PLAIN)[:-8] + b"\x00" * 8),
        ("gzip", gzip.compress(PLAIN) + b"garbage"),
        ("gzip", gzip.compress(PLAIN) + b"\x00"),
        ("gzip", b"\x1f\x8b\x09"),
        ("deflate", PLAIN),
        ("deflate", gzip.compress(PLAIN)),
        ("deflate", zlib.compress(PLAIN)[:-4] + b"\x00" * 4),
        ("deflate", zlib.compress(PLAIN) + b"x"),
        ("deflate", raw_deflate(PLAIN) + b"x"),
        ("deflate", zlib.compress(PLAIN) * 2),
        ("deflate, gzip", gzip.compress(PLAIN)),
    ],
)
def test_damaged_content_is_refused(value: str, data: bytes) -> None:
    """Another coding, a wrong checksum and anything after the end are errors."""
    with pytest.raises(MalformedContent):
        decode(value, data)


@pytest.mark.parametrize(("value", "data"), CODED)
def test_content_cut_off_is_refused(value: str, data: bytes) -> None:
    """Content that ends before its coding does is never taken for whole."""
    for length in (0, 1, 2, len(data) // 2, len(data) - 1):
        with pytest.raises(MalformedContent, match="ends before"):
            decode(value, data[:length])


@settings(deadline=None)
@given(st.binary(max_size=2000), st.sampled_from(["gzip", "deflate", "gzip, deflate"]))
def test_arbitrary_bytes_are_decoded_or_refused(data: bytes, value: str) -> None:
    """No bytes raise another error."""
    with contextlib.suppress(MalformedContent, ContentTooLarge):
        assert isinstance(decode(value, data, size=13), bytes)


@settings(deadline=None)
@given(st.binary(max_size=5000), st.integers(1, 600))
def test_every_content_survives_its_coding(data: bytes, size: int) -> None:
    """Coded and decoded, content is what it was."""
    assert decode("gzip", gzip.compress(data), size=size) == data
    assert decode("deflate", zlib.compress(data), size=size) == data
    assert decode("deflate", raw_deflate(data), size=size) == data
