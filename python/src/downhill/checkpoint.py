"""The checkpoint image that a device writes, format 1."""

import os
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import numpy as np

MAGIC = b"dhck"
VERSION = 1
HEAD = 12
ENTRY = 16
DESCRIPTION = 40
CHECKSUM = 4
PARAMETERS = 1
KINDS = {1: "parameters", 2: "training", 3: "user"}


class CheckpointError(ValueError):
    """An image that cannot be read; the subclass says why."""


class NotACheckpoint(CheckpointError):
    """It does not begin as a checkpoint does."""


class NewerVersion(CheckpointError):
    """Its format is of another version, `version`, than this package reads."""

    def __init__(self, version):
        super().__init__(f"the checkpoint has version {version} of the format; this package reads version {VERSION}")
        self.version = version


class Truncated(CheckpointError):
    """It has `found` bytes, but should have `expected`."""

    def __init__(self, found, expected):
        super().__init__(f"the checkpoint is truncated: {found} bytes, where {expected} are expected")
        self.found, self.expected = found, expected


class Corrupt(CheckpointError):
    """Its checksum or its structure is wrong."""


@dataclass
class Section:
    """A section of an image: its kind (1 parameters, 2 training, 3 what the user has added), and its bytes."""

    kind: int
    # Bytes of a number, 0 if the section has no tensors.
    number: int
    # Tensors that it describes.
    tensors: int
    # What its bytes mean, in 16 hexadecimal digits.
    fingerprint: str
    data: bytes = field(repr=False)

    @property
    def name(self):
        return KINDS.get(self.kind, "unknown")


class Checkpoint(dict):
    """The tensors that learn by name, weights as (inputs, outputs)."""

    def __init__(self, tensors, sections):
        super().__init__(tensors)
        self.sections: list[Section] = sections

    @property
    def fingerprint(self) -> Optional[str]:
        """The fingerprint of the parameters: of the architecture and of what learns. None without parameters. An exchange file has
        that of the architecture alone."""
        return next((section.fingerprint for section in self.sections if section.kind == PARAMETERS), None)


def load_checkpoint(source):
    """Reads a checkpoint image from bytes or from a file: the tensors by name, `.fingerprint`, and `.sections`.

    Bytes after the image, as in a copy of a whole sector of flash, are ignored. Raises a `CheckpointError`.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        image = bytes(source)
    else:
        image = Path(os.fspath(source)).read_bytes()
    if image[: len(MAGIC)] != MAGIC[: len(image)]:
        raise NotACheckpoint(f'not a checkpoint: it begins with {image[: len(MAGIC)]!r}, not with "{MAGIC.decode()}"')
    if len(image) < HEAD + CHECKSUM:
        raise Truncated(len(image), f"at least {HEAD + CHECKSUM}")
    version, count, length = struct.unpack_from("<HHI", image, len(MAGIC))
    if version > VERSION:
        raise NewerVersion(version)
    if version < VERSION:
        raise NotACheckpoint(f"not a checkpoint: there is no version {version} of the format")
    if length > len(image):
        raise Truncated(len(image), length)
    if length < HEAD + ENTRY * count + CHECKSUM:
        raise Corrupt(f"the checkpoint is corrupt: {length} bytes are too few for {count} sections")
    image, (stored,) = image[: length - CHECKSUM], struct.unpack_from("<I", image, length - CHECKSUM)
    computed = zlib.crc32(image)
    if computed != stored:
        raise Corrupt(f"the checkpoint is corrupt: its checksum is {stored:08x}, that of its bytes {computed:08x}")
    sections = _sections(image, count)
    tensors = {}
    for section in sections:
        if section.kind == PARAMETERS:
            if tensors:
                raise Corrupt("the checkpoint is corrupt: it has more than one section of parameters")
            tensors = _tensors(section)
    return Checkpoint(tensors, sections)


def _sections(image, count):
    sections, start = [], HEAD + ENTRY * count
    for index in range(count):
        kind, number, tensors, length, fingerprint = struct.unpack_from("<BBHIQ", image, HEAD + ENTRY * index)
        end = start + length
        if end > len(image):
            raise Corrupt(f"the checkpoint is corrupt: section {index} ends at byte {end}, after the image")
        sections.append(Section(kind, number, tensors, f"{fingerprint:016x}", image[start:end]))
        start = end
    if start != len(image):
        raise Corrupt(f"the checkpoint is corrupt: {len(image) - start} bytes belong to no section")
    return sections


def _tensors(section):
    number = {4: np.dtype("<f4"), 8: np.dtype("<f8")}.get(section.number)
    start = DESCRIPTION * section.tensors
    if number is None or start > len(section.data):
        raise Corrupt(
            f"the checkpoint is corrupt: {section.tensors} tensors of {section.number}-byte numbers "
            f"in {len(section.data)} bytes"
        )
    found = {}
    for index in range(section.tensors):
        name, rank, *sizes = struct.unpack_from("<23sB4I", section.data, DESCRIPTION * index)
        name, _, rest = name.partition(b"\0")
        try:
            name = name.decode()
        except UnicodeDecodeError:
            raise Corrupt(f"the checkpoint is corrupt: the name of tensor {index} is not UTF-8") from None
        if not name or rest.strip(b"\0") or name in found or rank > 4 or any(sizes[rank:]):
            raise Corrupt(f"the checkpoint is corrupt: the description of tensor {index}, {name!r}")
        size = 1
        for length in sizes[:rank]:
            size *= length
        end = start + size * number.itemsize
        if end > len(section.data):
            raise Corrupt(f"the checkpoint is corrupt: tensor {name} ends after its section")
        try:
            values = np.frombuffer(section.data[start:end], number).reshape(sizes[:rank])
        except ValueError:
            raise Corrupt(f"the checkpoint is corrupt: the sizes of tensor {name}, {sizes[:rank]}") from None
        found[name] = values.astype(number.newbyteorder("="))
        start = end
    if start != len(section.data):
        raise Corrupt(f"the checkpoint is corrupt: {len(section.data) - start} bytes belong to no tensor")
    return found
