"""Content codings of requests: what Content-Encoding says is undone here (RFC 9110 section 8.4).

Belongs here: undoing a coding bit by bit, within a limit. Does not belong here:
reading the body, and which limit holds.

Law: a decoder never holds much more decoded content than its limit, however
much the coded content would become.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kvput.content.source_text import shown
from kvput.errors import ContentTooLarge, MalformedContent, UnsupportedContentCoding

SUPPORTED = "gzip, deflate"
"""The value of Accept-Encoding in answers; identity goes without saying."""

MAX_CODINGS = 2
"""One is usual; more than two only make work."""

MAX_GZIP_MEMBERS = 1024
"""Members can be empty, and to begin one costs as much as kilobytes of content."""

# What zlib calls the formats (`wbits` of zlib.decompressobj).
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_ZLIB_FORMAT = zlib.MAX_WBITS
_RAW_FORMAT = -zlib.MAX_WBITS

_STRIDE = 64 * 1024
"""Bytes given to zlib at once: whenever a gzip member ends, zlib copies what follows it."""


class Decoder(Protocol):
    """Undoes a content coding as the content comes in."""

    def feed(self, data: bytes, limit: int) -> bytes:
        """Return what `data` adds to the decoded content.

        Raises ContentTooLarge as soon as the decoded content, in bytes since the
        start, is larger than `limit`; MalformedContent when `data` is corrupt.
        """

    def finish(self) -> bytes:
        """Return what is left at the end; MalformedContent when the content is cut off."""


class _Inflater:
    """Undoes what zlib does: one stream, or as many as `streams` one after the other."""

    def __init__(self, name: str, data_format: int, *, streams: int) -> None:
        self._name = name
        self._format = data_format
        self._streams_left = streams - 1
        self._stream = zlib.decompressobj(data_format)
        self._decoded = 0

    def feed(self, data: bytes, limit: int) -> bytes:
        """See Decoder.feed."""
        pieces = []
        for start in range(0, len(data), _STRIDE):
            rest = data[start : start + _STRIDE]
            while rest:
                if self._stream.eof:
                    self._start_next_stream()
                pieces.append(self._inflate(rest, limit))
                rest = self._stream.unused_data
        return b"".join(pieces)

    def finish(self) -> bytes:
        """See Decoder.finish; `feed` has returned all there is."""
        if not self._stream.eof:
            raise MalformedContent(f"The content ends before its {self._name} coding does.")
        return b""

    def _inflate(self, data: bytes, limit: int) -> bytes:
        # One byte beyond the limit is enough to know that it is passed. (Never ask for
        # zero bytes: zlib takes that for no limit.)
        most = max(limit - self._decoded, 0) + 1
        try:
            decoded = self._stream.decompress(data, most)
        except zlib.error as error:
            raise MalformedContent(
                f"Content-Encoding says {self._name}, but the content is not that, or is damaged."
            ) from error
        self._decoded += len(decoded)
        if self._decoded > limit:
            raise ContentTooLarge(
                f"With its {self._name} coding undone the content is larger than {limit} bytes."
            )
        return decoded

    def _start_next_stream(self) -> None:
        if self._streams_left == 0:
            raise MalformedContent(
                f"More follows after the content's {self._name} coding has ended: "
                "send nothing after it."
            )
        self._streams_left -= 1
        self._stream = zlib.decompressobj(self._format)


class _Deflate:
    """The zlib format (RFC 1950), as deflate is defined, or the raw one (RFC 1951).

    RFC 9110 section 8.4.1.2: "Some non-conformant implementations send the
    "deflate" compressed data without the zlib wrapper." Two bytes tell them apart.
    """

    def __init__(self) -> None:
        self._head = b""
        self._inflater: _Inflater | None = None

    def feed(self, data: bytes, limit: int) -> bytes:
        """See Decoder.feed."""
        if self._inflater is None:
            self._head += data
            if len(self._head) < 2:
                return b""
            data_format = _ZLIB_FORMAT if _starts_zlib(self._head) else _RAW_FORMAT
            self._inflater = _Inflater("deflate", data_format, streams=1)
            data, self._head = self._head, b""
        return self._inflater.feed(data, limit)

    def finish(self) -> bytes:
        """See Decoder.finish."""
        if self._inflater is None:
            raise MalformedContent("The content ends before its deflate coding does.")
        return self._inflater.finish()


def _starts_zlib(head: bytes) -> bool:
    # RFC 1950 section 2.2: CM = 8 in the low four bits, CINFO above 7 not allowed, and
    # "CMF and FLG, when viewed as a 16-bit unsigned integer [...], is a multiple of 31".
    return head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and (head[0] << 8 | head[1]) % 31 == 0


class _Chain:
    """Several codings, the one applied last first."""

    def __init__(self, decoders: Sequence[Decoder]) -> None:
        self._decoders = decoders

    def feed(self, data: bytes, limit: int) -> bytes:
        """See Decoder.feed."""
        *outer, inner = self._decoders
        for decoder in outer:
            # What is still coded may be a little larger than the content: deflate adds
            # five bytes to 65,535 that it cannot compress, gzip a header with a file name.
            data = decoder.feed(data, limit + limit // 100 + 1024)
        return inner.feed(data, limit)

    def finish(self) -> bytes:
        """See Decoder.finish."""
        return b"".join(decoder.finish() for decoder in self._decoders)


def _gzip() -> Decoder:
    # RFC 1952 section 2.2: "A gzip file consists of a series of "members" (compressed data sets)."
    return _Inflater("gzip", _GZIP_FORMAT, streams=MAX_GZIP_MEMBERS)


DECODERS: Mapping[str, Callable[[], Decoder] | None] = {
    "gzip": _gzip,
    # RFC 9110 section 8.4.1.3: "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip"."
    "x-gzip": _gzip,
    "deflate": _Deflate,
    "identity": None,
}
"""Coding, in lower case, to what makes a decoder for one message; None where nothing is to do."""


def decoder_for(value: str | None) -> Callable[[], Decoder] | None:
    """Return what makes the decoder for a Content-Encoding of this value.

    `value` is the field's (lines joined by commas), None when there is none.
    The result is None when nothing is to be undone.

    Raises UnsupportedContentCoding for a coding that is not in DECODERS and for
    more than MAX_CODINGS.
    """
    # RFC 9110 section 8.4: "If one or more encodings have been applied to a representation,
    # the sender that applied the encodings MUST generate a Content-Encoding header field that
    # lists the content codings in the order in which they were applied."
    if value is None:
        return None
    makers = []
    for element in value.split(","):
        # RFC 9110 section 8.4.1: "All content codings are case-insensitive". Section 5.6.1.2:
        # "A recipient MUST parse and ignore a reasonable number of empty list elements".
        coding = element.strip(" \t").lower()
        if not coding:
            continue
        if coding not in DECODERS:
            raise _unsupported(f"The content coding {shown(coding)} is not known here")
        if maker := DECODERS[coding]:
            makers.append(maker)
    if len(makers) > MAX_CODINGS:
        raise _unsupported(f"The content has more than {MAX_CODINGS} codings")
    if len(makers) < 2:
        return makers[0] if makers else None
    return lambda: _Chain([make() for make in reversed(makers)])


def _unsupported(what: str) -> UnsupportedContentCoding:
    # RFC 9110 section 15.5.16: "If the problem was caused by an unsupported content coding, the
    # Accept-Encoding response header field (Section 12.5.3) ought to be used to indicate which
    # (if any) content codings would have been accepted in the request."
    return UnsupportedContentCoding(
        f"{what}: send it uncoded, or with one of {SUPPORTED}.",
        fields=(("Accept-Encoding", SUPPORTED),),
    )
