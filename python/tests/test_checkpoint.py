"""Checkpoint images: what is read, and that nothing else is."""

import struct

import numpy as np
import pytest

import downhill
from helpers import DATA, image, sealed

TENSORS = {
    "0.weight": np.array([[0.5, -1.25, 3.0], [1e-3, 7.0, -0.0]], np.float32),
    "0.bias": np.array([0.1, 0.2, 0.3], np.float32),
    "1.0.weight": np.arange(3, dtype=np.float32).reshape(3, 1),
}
TRAINING = (2, 0, 0, 0xFEED, b"state of a training")
USER = (3, 0, 0, 0xF00D, b"own")
UNKNOWN = (200, 0, 0, 1, b"of a later version")


def test_tensors_and_sections():
    checkpoint = downhill.load_checkpoint(image(TENSORS, [TRAINING, UNKNOWN, USER]))
    assert list(checkpoint) == list(TENSORS)
    for name, tensor in TENSORS.items():
        assert checkpoint[name].dtype == np.float32
        assert checkpoint[name].tobytes() == tensor.tobytes()
        assert checkpoint[name].shape == tensor.shape
        checkpoint[name][...] = 0  # a copy of its own
    assert checkpoint.fingerprint == "0123456789abcdef"
    assert [section.kind for section in checkpoint.sections] == [1, 2, 200, 3]
    assert [section.name for section in checkpoint.sections] == ["parameters", "training", "unknown", "user"]
    assert [section.data for section in checkpoint.sections[1:]] == [TRAINING[4], UNKNOWN[4], USER[4]]
    assert checkpoint.sections[1].fingerprint == "000000000000feed"


def test_numbers_of_eight_bytes():
    tensor = np.array([1 / 3, -0.0, 5e-324, 1.7e308])
    checkpoint = downhill.load_checkpoint(image({"0.bias": tensor}, number=8))
    assert checkpoint["0.bias"].dtype == np.float64
    assert checkpoint["0.bias"].tobytes() == tensor.tobytes()


def test_ranks_from_none_to_four():
    tensors = {f"r{rank}": np.ones((2, 1, 3, 2)[:rank], np.float32) for rank in range(5)}
    tensors["n" * 23] = np.ones(1, np.float32)  # a name that fills its place
    checkpoint = downhill.load_checkpoint(image(tensors))
    assert {name: tensor.shape for name, tensor in checkpoint.items()} == {n: t.shape for n, t in tensors.items()}


def test_without_parameters():
    checkpoint = downhill.load_checkpoint(image(None, [USER]))
    assert not checkpoint
    assert checkpoint.fingerprint is None
    assert downhill.load_checkpoint(image(None)).sections == []


def test_from_a_file_and_from_a_sector(tmp_path):
    data = image(TENSORS)
    (tmp_path / "net.bin").write_bytes(data)
    for source in (tmp_path / "net.bin", str(tmp_path / "net.bin"), bytearray(data), memoryview(data), data + b"\xff" * 64):
        assert list(downhill.load_checkpoint(source)) == list(TENSORS)


def test_every_flipped_bit_is_refused():
    data = image(TENSORS, [TRAINING, USER])
    for bit in range(8 * len(data)):
        broken = bytearray(data)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(downhill.CheckpointError):
            downhill.load_checkpoint(broken)


def test_every_truncation_is_refused():
    data = image(TENSORS, [TRAINING])
    for length in range(len(data)):
        with pytest.raises(downhill.Truncated) as error:
            downhill.load_checkpoint(data[:length])
        assert error.value.found == length
        assert error.value.expected == (len(data) if length >= 16 else "at least 16")
        assert f"{length} bytes" in str(error.value)


def test_each_defect_says_which_it_is():
    data = image(TENSORS)
    with pytest.raises(downhill.NotACheckpoint, match="not a checkpoint"):
        downhill.load_checkpoint(b"\xff" * 64)
    with pytest.raises(downhill.NotACheckpoint):
        downhill.load_checkpoint(b"no")
    with pytest.raises(downhill.NewerVersion, match="version 2") as error:
        downhill.load_checkpoint(image(TENSORS, version=2))
    assert error.value.version == 2
    with pytest.raises(downhill.NotACheckpoint, match="version 0"):
        downhill.load_checkpoint(image(TENSORS, version=0))
    broken = bytearray(data)
    broken[-6] ^= 0x10
    with pytest.raises(downhill.Corrupt, match="checksum"):
        downhill.load_checkpoint(broken)


def entry(kind=1, number=4, tensors=0, length=0):
    return struct.pack("<BBHIQ", kind, number, tensors, length, 0)


def whole(entries, data):
    body = b"dhck" + struct.pack("<HHI", 1, len(entries), 12 + 16 * len(entries) + len(data) + 4)
    return sealed(body + b"".join(entries) + data)


def tensor(name=b"0.bias", rank=1, sizes=(1, 0, 0, 0)):
    return name.ljust(23, b"\0") + bytes([rank]) + struct.pack("<4I", *sizes)


@pytest.mark.parametrize(
    "data, reason",
    [
        (sealed(b"dhck" + struct.pack("<HHI", 1, 9, 16)), "too few"),
        (sealed(b"dhck" + struct.pack("<HHI", 1, 0, 3)), "too few"),
        (whole([entry(length=8)], b"1234"), "ends at byte"),
        (whole([entry(kind=3, number=0, length=2)], b"1234"), "belong to no section"),
        (whole([entry(tensors=1, length=4)], b"1234"), "1 tensors"),
        (whole([entry(number=2, length=0)], b""), "2-byte"),
        (whole([entry(tensors=1, length=40)], tensor()), "ends after"),
        (whole([entry(tensors=1, length=44)], tensor(sizes=(2**32 - 1, 0, 0, 0)) + b"1234"), "ends after"),
        (whole([entry(tensors=1, length=48)], tensor() + b"12345678"), "belong to no tensor"),
        (whole([entry(tensors=1, length=44)], tensor(rank=5) + b"1234"), "description"),
        (whole([entry(tensors=1, length=44)], tensor(sizes=(1, 1, 0, 0)) + b"1234"), "description"),
        (whole([entry(tensors=1, length=44)], tensor(name=b"") + b"1234"), "description"),
        (whole([entry(tensors=1, length=44)], tensor(name=b"a\0b") + b"1234"), "description"),
        (whole([entry(tensors=1, length=44)], tensor(name=b"\xff") + b"1234"), "UTF-8"),
        (whole([entry(tensors=2, length=88)], tensor() + tensor() + b"12345678"), "description"),
        (whole([entry(tensors=1, length=44)] * 2, (tensor() + b"1234") * 2), "more than one"),
    ],
)
def test_structures_that_are_wrong_in_spite_of_their_checksum(data, reason):
    with pytest.raises(downhill.Corrupt, match=reason):
        downhill.load_checkpoint(data)


GOLDEN = sorted((DATA / "checkpoint").glob("*.bin"))


@pytest.mark.skipif(not GOLDEN, reason="tests/data/checkpoint has no images of the crate")
def test_images_that_the_crate_wrote():
    for path in GOLDEN:
        checkpoint = downhill.load_checkpoint(path)
        assert checkpoint.sections, path
        for name, tensor in checkpoint.items():
            assert np.all(np.isfinite(tensor)), (path, name)
        parameters = [section for section in checkpoint.sections if section.kind == 1]
        assert len(checkpoint) == sum(section.tensors for section in parameters), path
