"""Makes a picture of a page small: 256 colours instead of all, which nobody sees in a page.

It reads what Chromium writes, an 8-bit RGB picture in the Portable Network Graphics format without interlacing
(https://www.w3.org/TR/png-3/), and writes one with a palette.
"""  # noqa: INP001  # docs holds scripts, not a package

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_MAGIC = b"\x89PNG\r\n\x1a\n"
_COLOURS = 256
_RGB = 3
_AS_THEY_ARE = 64
_ALIKE = 350  # squared distance; further apart, two colours look different
_AS_READ = (8, 2, 0, 0, 0)  # bits, RGB, deflate, the five filters, not interlaced
_LEFT, _UP, _MEAN, _PAETH = 1, 2, 3, 4


def make_small(path: Path) -> int:
    """Rewrite the picture with a palette of its commonest colours; return its size in bytes.

    Raises ``ValueError`` for a picture of another kind.
    """
    parts = list(_chunks(path.read_bytes()))
    width, height, *kind = struct.unpack(">IIBBBBB", parts[0][1])
    if tuple(kind) != _AS_READ:
        raise ValueError(f"{path.name} is not an 8-bit RGB picture.")
    packed = b"".join(body for name, body in parts if name == b"IDAT")
    palette, points = _in_few_colours(_unfiltered(zlib.decompress(packed), width * _RGB, height))
    lines = b"".join(b"\0" + points[start : start + width] for start in range(0, len(points), width))
    path.write_bytes(
        _MAGIC
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", palette)
        + _chunk(b"IDAT", zlib.compress(lines, 9))
        + _chunk(b"IEND", b"")
    )
    return path.stat().st_size


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_MAGIC)
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _unfiltered(raw: bytes, stride: int, height: int) -> bytes:
    """Take the lines' filters away (section 9 of the standard)."""
    found, above = bytearray(), bytearray(stride)
    for line in range(height):
        start = line * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], row, above)
        found += row
        above = row
    return bytes(found)


def _unfilter(kind: int, row: bytearray, above: bytearray) -> None:
    for at in range(len(row) if kind else 0):
        left, corner = (row[at - _RGB], above[at - _RGB]) if at >= _RGB else (0, 0)
        guess = {
            _LEFT: left, _UP: above[at], _MEAN: (left + above[at]) // 2, _PAETH: _nearest(left, above[at], corner),
        }[kind]  # fmt: skip
        row[at] = (row[at] + guess) & 0xFF


def _nearest(left: int, up: int, corner: int) -> int:
    wanted = left + up - corner
    return min((left, up, corner), key=lambda value: abs(wanted - value))  # of equals the first, as the standard says


def _in_few_colours(pixels: bytes) -> tuple[bytes, bytes]:
    """Return the palette, and for each pixel the colour of the palette that is nearest to its own."""
    colours = [pixels[at : at + _RGB] for at in range(0, len(pixels), _RGB)]
    counted = Counter(colours)
    kept = _palette([colour for colour, _ in counted.most_common()])
    number = {colour: min(range(len(kept)), key=lambda at: _apart(kept[at], colour)) for colour in counted}
    return b"".join(kept), bytes(number[colour] for colour in colours)


def _palette(commonest: list[bytes]) -> list[bytes]:
    """Keep the commonest colours, and of the others those that none of them stands for: a small icon stays green."""
    kept = commonest[:_AS_THEY_ARE]
    for colour in commonest[_AS_THEY_ARE:]:
        if len(kept) < _COLOURS and min(_apart(each, colour) for each in kept) > _ALIKE:
            kept.append(colour)
    return kept


def _apart(one: bytes, other: bytes) -> int:
    red, green, blue = one[0] - other[0], one[1] - other[1], one[2] - other[2]
    return red * red + green * green + blue * blue
