"""Opens strangers' zip files: bounded in entries and bytes, with the zstd members that Python's zipfile cannot read."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import BinaryIO

import zstandard

from lineage.outcomes import BadOutcomes

ZSTD = 93  # the compression method's number in the zip specification
MAX_DIRECTORY_BYTES = 128 << 20
MAX_MEMBER_BYTES = 64 << 20
MAX_TOTAL_BYTES = 8 << 30
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
END = b"PK\x05\x06"
END_SEARCHED_BYTES = 65_557
BROKEN = (zipfile.BadZipFile, zlib.error, zstandard.ZstdError, struct.error, EOFError, NotImplementedError, ValueError)


class BoundedZip:
    """The members of a zip file by name. Raises BadOutcomes on what is broken, encrypted, or larger than it may be."""

    def __init__(self, stream: BinaryIO):
        refuse_large_directory(stream)
        self.stream = stream
        try:
            self.zip = zipfile.ZipFile(stream)
        except (*BROKEN, OSError, UnicodeDecodeError):
            raise BadOutcomes("it is not a whole zip file") from None
        self.left = MAX_TOTAL_BYTES

    def names(self) -> list[str]:
        """Each name once, in the order of the directory."""
        return list(self.zip.NameToInfo)

    def read(self, name: str) -> bytes:
        """The content of a member."""
        info = self.zip.getinfo(name)
        if info.flag_bits & 1:
            raise BadOutcomes(f"{name[:80]!a} in it is encrypted")
        if info.file_size > min(MAX_MEMBER_BYTES, self.left):
            raise BadOutcomes(f"{name[:80]!a} in it unpacks to {info.file_size:,} bytes, more than are read")
        self.left -= info.file_size
        try:
            content = self.unpack_zstd(info) if info.compress_type == ZSTD else self.unpack(info)
        except (*BROKEN, OSError, RuntimeError):
            raise BadOutcomes(f"{name[:80]!a} in it cannot be unpacked") from None
        if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
            raise BadOutcomes(f"{name[:80]!a} in it is damaged")
        return content

    def unpack(self, info: zipfile.ZipInfo) -> bytes:
        with self.zip.open(info) as member:
            return member.read(info.file_size + 1)

    def unpack_zstd(self, info: zipfile.ZipInfo) -> bytes:
        self.stream.seek(info.header_offset)
        header = LOCAL_HEADER.unpack(self.stream.read(LOCAL_HEADER.size))
        if header[0] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        self.stream.seek(header[-2] + header[-1], 1)
        packed = self.stream.read(min(info.compress_size, MAX_MEMBER_BYTES))
        with zstandard.ZstdDecompressor(max_window_size=MAX_MEMBER_BYTES).stream_reader(packed) as reader:
            return reader.read(info.file_size + 1)


def refuse_large_directory(stream: BinaryIO) -> None:
    """Raises BadOutcomes where the directory alone would take gigabytes of memory to read."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - END_SEARCHED_BYTES))
    tail = stream.read()
    place = tail.rfind(END)
    if place < 0 or place + 22 > len(tail):
        raise BadOutcomes("it is not a whole zip file")
    directory_bytes = struct.unpack_from("<I", tail, place + 12)[0]
    if directory_bytes == 0xFFFFFFFF:
        directory_bytes = large_directory_bytes(stream, tail, place)
    stream.seek(0)
    if directory_bytes > MAX_DIRECTORY_BYTES:
        raise BadOutcomes(f"its directory has {directory_bytes:,} bytes, more than are read")


def large_directory_bytes(stream: BinaryIO, tail: bytes, place: int) -> int:
    """The size of the directory as a zip64 file says it."""
    try:
        stream.seek(struct.unpack_from("<Q", tail, place - 20 + 8)[0])
        return struct.unpack_from("<Q", stream.read(56), 40)[0]
    except (struct.error, OSError, OverflowError, ValueError):
        raise BadOutcomes("it is not a whole zip file") from None
