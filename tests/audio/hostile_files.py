"""Make broken and hostile recordings, the same ones on every machine.

Small ones that decoders are known to stumble over: cut anywhere in their headers, with
sizes that lie, of absurd shape, of other kinds than their name says. Ogg streams get a
fixed serial number and right checksums, so that a lie reaches the codec behind it.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import soundfile

SAMPLE_RATE = 16_000
SERIAL = 20_260_101

_ODD_NUMBERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_OGG_HEADER = 27


@dataclass(frozen=True)
class HostileFile:
    """One upload.

    Parameters
    ----------
    label : str
        What is wrong with it, unique.
    name : str
        As the browser sends it.
    content : bytes
    refused : bool, default False
        Whether it must be refused; otherwise it may also be read as something sound.

    """

    label: str
    name: str
    content: bytes
    refused: bool = False


@lru_cache(maxsize=1)
def hostile_files() -> tuple[HostileFile, ...]:
    """Return all of them."""
    makers: tuple[Callable[[], Iterator[HostileFile]], ...] = (
        _truncated,
        _lying_wav,
        _lying_aiff,
        _lying_flac,
        _lying_ogg,
        _lying_mp3,
        _lying_others,
        _absurd,
        _something_else,
        _chunks,
        _bombs,
        _flipped,
        _names,
    )
    return tuple(file for make in makers for file in make())


def tone(seconds: float = 0.25, *, n_channels: int = 1) -> np.ndarray:
    """Return a tone of 220 Hz, the same in all channels."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    y = (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)
    return y if n_channels == 1 else np.repeat(y[:, np.newaxis], n_channels, axis=1)


def written(
    container: str, subtype: str, y: np.ndarray | None = None, rate: int = SAMPLE_RATE
) -> bytes:
    """Return a sound file."""
    stream = io.BytesIO()
    signal = tone() if y is None else y
    soundfile.write(stream, signal, rate, format=container, subtype=subtype)
    content = stream.getvalue()
    return _with_serial(content) if container == "OGG" else content


@lru_cache(maxsize=1)
def sound_files() -> dict[str, bytes]:
    """Return a sound file of each kind, by suffix."""
    return {
        "wav": written("WAV", "PCM_16"),
        "float.wav": written("WAV", "FLOAT"),
        "aiff": written("AIFF", "PCM_16"),
        "flac": written("FLAC", "PCM_16"),
        "ogg": written("OGG", "VORBIS"),
        "opus": written("OGG", "OPUS"),
        "mp3": written("MP3", "MPEG_LAYER_III"),
    }


def ogg_pages(content: bytes) -> list[bytes]:
    """Split an Ogg stream into its pages."""
    pages, at = [], 0
    while at < len(content):
        table = content[at + _OGG_HEADER : at + _OGG_HEADER + content[at + 26]]
        end = at + _OGG_HEADER + len(table) + sum(table)
        pages.append(content[at:end])
        at = end
    return pages


def with_checksum(page: bytes) -> bytes:
    """Return an Ogg page with the checksum that belongs to it (RFC 3533)."""
    blank = page[:22] + bytes(4) + page[26:]
    checksum = 0
    for byte in blank:
        checksum = (checksum << 8 & 0xFFFFFFFF) ^ _CRC[checksum >> 24 ^ byte]
    return page[:22] + checksum.to_bytes(4, "little") + page[26:]


def _crc_table() -> tuple[int, ...]:
    """Return the table of the checksum with polynomial 0x04C11DB7."""
    table = []
    for number in range(256):
        value = number << 24
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)
            value &= 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def _with_serial(content: bytes) -> bytes:
    """Give all pages one serial number; libsndfile draws one by lot."""
    serial = SERIAL.to_bytes(4, "little")
    return b"".join(
        with_checksum(page[:14] + serial + page[18:]) for page in ogg_pages(content)
    )


def _put(content: bytes, at: int, new: bytes) -> bytes:
    """Overwrite bytes."""
    return content[:at] + new + content[at + len(new) :]


_HEADER_FIELDS = {
    "wav": (1, 4, 8, 12, 16, 20, 22, 24, 28, 32, 34, 36, 40, 44, 45),
    "float.wav": (16, 20, 22, 24, 28, 32, 34, 36, 40, 44, 48, 52, 56, 57),
    "aiff": (2, 4, 8, 12, 16, 20, 22, 26, 28, 38, 42, 46, 50, 54, 55),
    "flac": (2, 4, 5, 8, 10, 12, 15, 18, 20, 21, 26, 42, 46, 50, 60, 86, 90),
    "ogg": (2, 4, 5, 6, 14, 18, 22, 26, 27, 28, 35, 39, 40, 44, 48, 52, 56, 57, 58, 90),
    "opus": (2, 4, 5, 6, 14, 18, 22, 26, 27, 28, 36, 37, 38, 40, 44, 46, 47, 75, 90),
    "mp3": (1, 2, 3, 4, 21, 25, 29, 33, 37, 80, 145),
}


def _truncated() -> Iterator[HostileFile]:
    for suffix, content in sound_files().items():
        for at in _HEADER_FIELDS[suffix]:
            label = f"{suffix} cut after {at} bytes"
            yield HostileFile(label, f"cut.{suffix}", content[:at], refused=True)
        half = content[: len(content) // 2]
        yield HostileFile(f"{suffix} cut in half", f"cut.{suffix}", half, refused=True)


def _lying_wav() -> Iterator[HostileFile]:
    content = sound_files()["wav"]
    for field, at in {"RIFF": 4, "fmt": 16, "byte rate": 28, "data": 40}.items():
        for value in _ODD_NUMBERS:
            lie = _put(content, at, struct.pack("<I", value))
            yield HostileFile(f"wav {field} = {value}", "lie.wav", lie)
    for value in (0, 1, 3_999, 192_001, 768_000, 2**31, 2**32 - 1):
        lie = _put(content, 24, struct.pack("<I", value))
        yield HostileFile(f"wav rate = {value}", "lie.wav", lie, refused=True)
    for field, at, values in (
        ("codec", 20, (0, 2, 3, 6, 0x11, 0x31, 0x55, 0xFFFE, 0xFFFF)),
        ("channels", 22, (0, 9, 64, 1024, 65_535)),
        ("block", 32, (0, 1, 3, 65_535)),
        ("bits", 34, (0, 1, 7, 33, 64, 65_535)),
    ):
        for value in values:
            lie = _put(content, at, struct.pack("<H", value))
            yield HostileFile(f"wav {field} = {value}", "lie.wav", lie)


def _lying_aiff() -> Iterator[HostileFile]:
    content = sound_files()["aiff"]
    comm = content.index(b"COMM")
    ssnd = content.index(b"SSND")
    places = {"FORM": 4, "COMM": comm + 4, "frames": comm + 10, "SSND": ssnd + 4}
    for field, at in {**places, "offset": ssnd + 8, "block": ssnd + 12}.items():
        for value in _ODD_NUMBERS:
            lie = _put(content, at, struct.pack(">I", value))
            yield HostileFile(f"aiff {field} = {value}", "lie.aiff", lie)
    for field, at, value in (
        ("channels", comm + 8, 0),
        ("channels", comm + 8, 65_535),
        ("bits", comm + 14, 0),
        ("bits", comm + 14, 1),
        ("bits", comm + 14, 65_535),
        ("exponent", comm + 16, 0),
        ("exponent", comm + 16, 0x7FFF),
        ("exponent", comm + 16, 0xFFFF),
    ):
        lie = _put(content, at, struct.pack(">H", value))
        yield HostileFile(f"aiff {field} = {value}", "lie.aiff", lie)


def _lying_flac() -> Iterator[HostileFile]:
    content = sound_files()["flac"]
    for field, at, values in (
        ("smallest block", 8, (0, 1, 65_535)),
        ("largest block", 10, (0, 1, 65_535)),
    ):
        for value in values:
            lie = _put(content, at, struct.pack(">H", value))
            yield HostileFile(f"flac {field} = {value}", "lie.flac", lie)
    for length in (0, 33, 0xFFFF, 0xFFFFFF):
        lie = _put(content, 5, length.to_bytes(3, "big"))
        yield HostileFile(f"flac first block of {length}", "lie.flac", lie)
    for n_samples in (0, 1, 2, 2**31, 2**36 - 1):
        yield HostileFile(
            f"flac of {n_samples} samples",
            "lie.flac",
            flac_claiming(content, n_samples=n_samples),
            refused=n_samples not in (1, 2),
        )
    for rate in (0, 1, 655_350):
        lie = flac_claiming(content, rate=rate)
        yield HostileFile(f"flac rate = {rate}", "lie.flac", lie, refused=True)
    for bits, channels in ((1, 1), (4, 8), (32, 1), (16, 8)):
        lie = flac_claiming(content, bits=bits, channels=channels)
        yield HostileFile(f"flac of {bits} bits, {channels} ch", "lie.flac", lie)
    for kind in (1, 3, 4, 5, 6, 126, 127):
        block = bytes([kind]) + b"\0\x10\0" + b"\xff" * 0x1000
        lie = content[:42] + block + content[42:]
        yield HostileFile(f"flac with a block of kind {kind}", "lie.flac", lie)


def flac_claiming(
    content: bytes,
    *,
    rate: int | None = None,
    channels: int | None = None,
    bits: int | None = None,
    n_samples: int | None = None,
) -> bytes:
    """Overwrite what the header of a FLAC file says; None leaves it."""
    field = int.from_bytes(content[18:26], "big")
    for value, shift, width in (
        (rate, 44, 20),
        (None if channels is None else channels - 1, 41, 3),
        (None if bits is None else bits - 1, 36, 5),
        (n_samples, 0, 36),
    ):
        if value is not None:
            field &= ~((1 << width) - 1 << shift)
            field |= value << shift
    return _put(content, 18, field.to_bytes(8, "big"))


def _lying_ogg() -> Iterator[HostileFile]:
    for suffix in ("ogg", "opus"):
        pages = ogg_pages(sound_files()[suffix])
        for label, changed in _changed_pages(pages, suffix):
            yield HostileFile(f"{suffix}: {label}", f"lie.{suffix}", b"".join(changed))


def _changed_pages(
    pages: list[bytes], suffix: str
) -> Iterator[tuple[str, list[bytes]]]:
    first, last = pages[0], pages[-1]

    def ending(page: bytes) -> list[bytes]:
        return [*pages[:-1], with_checksum(page)]

    def beginning(page: bytes) -> list[bytes]:
        return [with_checksum(page), *pages[1:]]

    for granule in (0, -1, 2**31, 2**62, -(2**63)):
        page = _put(last, 6, struct.pack("<q", granule))
        yield f"position {granule}", ending(page)
    yield "wrong checksum", [*pages[:-1], _put(last, 22, b"\0\0\0\0")]
    yield "other serial", ending(_put(last, 14, b"\xff\xff\xff\xff"))
    yield "page missing", [*pages[:-2], last]
    yield "page twice", [*pages[:-1], pages[-2], last]
    yield "pages reversed", pages[::-1]
    yield "first page twice", [first, *pages]
    yield "two streams", [*pages, *pages]
    yield "version 255", ending(_put(last, 4, b"\xff"))
    yield "255 segments", ending(_put(last, 26, b"\xff"))
    yield "no segments", ending(last[:26] + b"\0")
    yield "a thousand empty pages", [*pages[:-1], *([last[:26] + b"\0"] * 1_000), last]
    yield "headers alone", pages[:2]
    if suffix == "ogg":
        fields = {"channels": 39, "rate": 40, "rate bytes": 41, "blocks": 56, "end": 57}
    else:
        fields = {"version": 36, "channels": 37, "skip": 38, "gain": 45, "mapping": 46}
    for field, at in fields.items():
        for value in (0, 1, 64, 255):
            yield f"{field} = {value}", beginning(_put(first, at, bytes([value])))
    comment = pages[1]
    for value in (0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF):
        at = comment.index(b"vorbis" if suffix == "ogg" else b"OpusTags")
        at += 6 if suffix == "ogg" else 8
        page = with_checksum(_put(comment, at, struct.pack("<I", value)))
        yield f"vendor of {value} bytes", [first, page, *pages[2:]]


def _lying_mp3() -> Iterator[HostileFile]:
    content = sound_files()["mp3"]
    mark = max(content.find(b"Xing"), content.find(b"Info"))
    for n_frames in (0, 1, 2**31, 2**32 - 1):
        lie = _put(content, mark + 8, struct.pack(">I", n_frames))
        yield HostileFile(f"mp3 of {n_frames} frames", "lie.mp3", lie)
    bare = content[content.find(content[:2], mark) :]
    yield HostileFile("mp3 without length", "lie.mp3", bare)
    yield HostileFile("mp3 junk in front", "lie.mp3", b"\0" * 5_000 + content)
    yield HostileFile("mp3 hole", "lie.mp3", bare[:700] + b"\0" * 5_000 + bare[700:])
    for label, header in (
        ("free rate", b"\xff\xfb\x00\xc4"),
        ("no rate", b"\xff\xfb\xf0\xc4"),
        ("layer 1", b"\xff\xff\x90\xc4"),
        ("layer 2", b"\xff\xfd\x90\xc4"),
        ("layer 3", b"\xff\xfb\x90\xc4"),
        ("sync alone", b"\xff\xff\xff\xff"),
    ):
        junk = header * 50_000
        yield HostileFile(f"mp3 endless {label}", "junk.mp3", junk)
    for size in (b"\0\0\0\0", b"\x7f\x7f\x7f\x7f", b"\xff\xff\xff\xff"):
        tag = b"ID3\x04\0\0" + size
        yield HostileFile(f"mp3 tag of {size.hex()}", "tag.mp3", tag + content)
    yield HostileFile("mp3 of tags", "tag.mp3", b"ID3\x03\0\0\0\0\0\0" * 2_000, True)


def _lying_others() -> Iterator[HostileFile]:
    for container, subtype in (
        ("RF64", "PCM_16"),
        ("W64", "PCM_16"),
        ("CAF", "PCM_16"),
        ("CAF", "ALAC_16"),
        ("AU", "PCM_16"),
        ("VOC", "PCM_16"),
        ("NIST", "PCM_16"),
        ("PVF", "PCM_16"),
        ("IRCAM", "PCM_16"),
        ("WAV", "IMA_ADPCM"),
        ("WAV", "MS_ADPCM"),
        ("WAV", "GSM610"),
        ("AIFF", "DWVW_16"),
        ("SVX", "PCM_16"),
        ("MAT5", "PCM_16"),
        ("XI", "DPCM_16"),
        ("PAF", "PCM_16"),
        ("SDS", "PCM_16"),
    ):
        content = written(container, subtype)
        kind = f"{container} {subtype}"
        for part in (0.05, 0.5, 0.99):
            cut = content[: int(len(content) * part)]
            yield HostileFile(f"{kind} cut at {part}", "other.wav", cut)
        for at in range(8, 64, 8):
            for filler in (b"\xff", b"\0"):
                lie = _put(content, at, filler * 8)
                label = f"{kind} with {filler.hex()} at {at}"
                yield HostileFile(label, "other.wav", lie)


def _absurd() -> Iterator[HostileFile]:
    for value in (np.nan, np.inf, -np.inf):
        y = tone()
        y[7] = value
        bad = written("WAV", "FLOAT", y)
        yield HostileFile(f"a sample is {value}", "bad.wav", bad, refused=True)
    beyond = written("WAV", "DOUBLE", np.full(2_000, 1e300))
    yield HostileFile("beyond float32", "bad.wav", beyond, refused=True)
    for n_channels in (9, 64, 1_024):
        many = written("WAV", "PCM_16", tone(n_channels=n_channels))
        yield HostileFile(f"{n_channels} channels", "many.wav", many, refused=True)
    for rate in (1, 999, 3_999, 192_001, 768_000, 2_000_000_000):
        odd = written("WAV", "PCM_16", rate=rate)
        yield HostileFile(f"at {rate} Hz", "rate.wav", odd, refused=True)
    for n_samples in (0, 1):
        for container, subtype in (("WAV", "PCM_16"), ("FLAC", "PCM_16")):
            short = written(container, subtype, tone()[:n_samples])
            label = f"{container} of {n_samples} samples"
            yield HostileFile(label, "short.wav", short, refused=True)
    yield HostileFile("two samples", "short.wav", written("WAV", "PCM_16", tone()[:2]))
    silence = written("WAV", "PCM_16", 0 * tone())
    yield HostileFile("digital silence", "silence.wav", silence)


def _something_else() -> Iterator[HostileFile]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(zipfile.ZipInfo("../../a.wav"), sound_files()["wav"])
    rng = np.random.default_rng(4)
    others = {
        "nothing": b"",
        "one byte": b"R",
        "a zero": b"\0",
        "zip": archive.getvalue(),
        "html": b"<!doctype html><script>alert(1)</script>" * 50,
        "pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 50,
        "elf": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\x3e\0" + bytes(500),
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\xff" * 500,
        "gzip": gzip.compress(sound_files()["wav"], mtime=0),
        "mp4": b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + bytes(500),
        "webm": b"\x1a\x45\xdf\xa3" + b"\x9fB\x86\x81\x01" * 100,
        "midi": b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk" + b"\xff" * 400,
        "script": b"#!/bin/sh\ntouch owned\n" * 30,
        "pickle": b"\x80\x04cos\nsystem\n(S'touch owned'\ntR." * 20,
        "csv": b"=cmd|'/c calc'!A1,1,2\n" * 60,
        "zeros": bytes(100_000),
        "ones": b"\xff" * 100_000,
    }
    for kind, content in others.items():
        yield HostileFile(kind, f"{kind}.wav", content, refused=True)
    for number in range(12):
        noise = rng.bytes(2_000)
        yield HostileFile(f"random bytes {number}", "noise.wav", noise)
    for suffix, content in sound_files().items():
        noise = content[:64] + rng.bytes(4_000)
        yield HostileFile(f"{suffix} head, random body", f"noise.{suffix}", noise)


def _chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """Return a RIFF chunk; a size may lie."""
    pad = b"\0" * (len(content) % 2)
    length = len(content) if size is None else size
    return name + struct.pack("<I", length) + content + pad


def _riff(*chunks: bytes) -> bytes:
    """Return a WAV file of these chunks."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks() -> Iterator[HostileFile]:
    content = sound_files()["wav"]
    fmt = content[12:36]
    data = content[36:]
    nested = b"INFO"
    for _ in range(500):
        nested = b"INFO" + _chunk(b"LIST", nested)
    wide = b"INFO" + _chunk(b"INAM", b"A" * 20_000) * 20
    odd = {
        "nested lists": _riff(fmt, _chunk(b"LIST", nested), data),
        "a long list": _riff(fmt, _chunk(b"LIST", wide), data),
        "a huge list": _riff(fmt, _chunk(b"LIST", b"INFO", 0x7FFFFFF0), data),
        "a huge unknown chunk": _riff(fmt, _chunk(b"huge", b"x", 0xFFFFFFF0), data),
        "thousands of chunks": _riff(fmt, _chunk(b"junk", b"") * 9_000, data),
        "endless chunks": _riff(fmt, _chunk(b"junk", b"") * 100_000, data),
        "two formats": _riff(fmt, fmt, data),
        "two sounds": _riff(fmt, data, data),
        "sound before format": _riff(data, fmt),
        "no format": _riff(data),
        "no sound": _riff(fmt),
        "format of 4 GB": _riff(_chunk(b"fmt ", fmt[8:], 0xFFFFFFFF), data),
        "empty format": _riff(_chunk(b"fmt ", b""), data),
        "chunk names of zeros": _riff(fmt, _chunk(b"\0\0\0\0", b"") * 50, data),
    }
    for name in (
        b"cue ",
        b"smpl",
        b"bext",
        b"PEAK",
        b"fact",
        b"inst",
        b"acid",
        b"cart",
    ):
        for count in (0, 0xFFFFFFFF):
            words = struct.pack("<9I", *[count] * 9)
            label = f"a {name.decode().strip()} of {count}"
            odd[label] = _riff(fmt, _chunk(name, words * 4), data)
    for label, broken in odd.items():
        yield HostileFile(f"wav: {label}", "chunks.wav", broken)


def _bombs() -> Iterator[HostileFile]:
    hours = np.zeros(40 * 60 * 4_000, dtype=np.int16)
    silence = written("FLAC", "PCM_16", hours, 4_000)
    yield HostileFile("flac of 40 silent minutes", "bomb.flac", silence, refused=True)
    for n_samples in (0, 2, 4_000, 2**35):
        lie = flac_claiming(silence, n_samples=n_samples)
        refused = n_samples not in (2, 4_000)
        label = f"flac of 40 minutes that claims {n_samples}"
        yield HostileFile(label, "bomb.flac", lie, refused)
    eight = flac_claiming(silence, channels=8, bits=24)
    yield HostileFile("flac bomb of 8 channels", "bomb.flac", eight, refused=True)
    frames = 2**31
    for container, place in (("RF64", b"ds64"), ("W64", b"data"), ("CAF", b"data")):
        content = written(container, "PCM_16")
        at = content.index(place) + (16 if container != "CAF" else 4)
        order = ">" if container == "CAF" else "<"
        lie = _put(content, at, struct.pack(f"{order}Q", 2 * frames))
        yield HostileFile(f"{container} of 2^31 frames", "bomb.wav", lie)


def _flipped() -> Iterator[HostileFile]:
    rng = np.random.default_rng(11)
    for suffix, content in sound_files().items():
        for number in range(8):
            flipped = bytearray(content)
            # half of them hit the header, where a bit matters most
            end = min(200, len(content)) if number % 2 else len(content)
            for at in rng.integers(0, end, size=1 + number):
                flipped[at] ^= 1 << int(rng.integers(8))
            label = f"{suffix} with flipped bits {number}"
            yield HostileFile(label, f"flip.{suffix}", bytes(flipped))


def _names() -> Iterator[HostileFile]:
    content = sound_files()["wav"]
    for label, name in {
        "above": "../../../../tmp/owned.wav",
        "absolute": "/etc/cron.d/owned.wav",
        "windows": "C:\\Windows\\System32\\owned.wav",
        "share": "\\\\server\\share\\owned.wav",
        "nul": "a\0b.wav",
        "long": "n" * 4_000 + ".wav",
        "long suffix": "n." + "w" * 4_000,
        "directions": "\u202efdp.wav\u202c\u2066\u2069",
        "invisible": "\u200b\u200d\ufeff\u00ad",
        "lines": "a\r\nSet-Cookie: b=c\n.wav",
        "escape": "\x1b[2J\x1b[31mred.wav",
        "markup": "<img src=x onerror=alert(1)>.wav",
        "markdown": "[a](javascript:alert(1)) **b** `c`.wav",
        "formula": "=HYPERLINK(1).wav",
        "dots": "..",
        "nothing": "",
        "device": "CON",
        "stream": "a.wav:b",
        "option": "--help",
        "surrogate": "\ud800.wav",
        "marks": "a" + "\u0336" * 3_000 + ".wav",
    }.items():
        yield HostileFile(f"name: {label}", name, content)
        yield HostileFile(f"bad name: {label}", name, b"no sound", refused=True)
