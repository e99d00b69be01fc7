import json
import multiprocessing
import os
import stat
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.sealing import (
    CannotUnseal,
    KeyRing,
    KeyRingMissing,
    create_key_ring,
    load_key_ring,
    new_key,
    seal_with,
    unseal_with,
)

RING = KeyRing("k1", {"k1": new_key()})
PLACE = "connections_connection.sealed_secret:1"


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_is_sealed_opens_at_its_place(value: bytes, place: str) -> None:
    assert RING.unseal(RING.seal(value, place=place), place=place) == value


@given(st.binary(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_what_is_sealed_opens_at_no_other_place(value: bytes, place: str, other: str) -> None:
    sealed = RING.seal(value, place=place)
    if place != other:
        with pytest.raises(CannotUnseal):
            RING.unseal(sealed, place=other)


@given(st.binary(max_size=40), st.data())
def test_a_changed_byte_is_refused(value: bytes, data: st.DataObject) -> None:
    sealed = bytearray(RING.seal(value, place=PLACE))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotUnseal):
        RING.unseal(bytes(sealed), place=PLACE)


@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused(junk: bytes) -> None:
    with pytest.raises(CannotUnseal):
        RING.unseal(junk, place=PLACE)
    with pytest.raises(CannotUnseal):
        unseal_with(new_key(), junk, place=PLACE)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 30))
def test_a_sealed_value_that_was_cut_is_refused(value: bytes, length: int) -> None:
    sealed = RING.seal(value, place=PLACE)
    with pytest.raises(CannotUnseal):
        RING.unseal(sealed[: min(length, len(sealed) - 1)], place=PLACE)


def test_sealing_twice_looks_different_each_time() -> None:
    assert RING.seal(b"secret", place=PLACE) != RING.seal(b"secret", place=PLACE)
    assert seal_with(RING.keys["k1"], b"secret", place=PLACE) != seal_with(RING.keys["k1"], b"secret", place=PLACE)


def test_a_new_key_leaves_what_older_ones_sealed_readable() -> None:
    old = RING.seal(b"old", place=PLACE)
    rotated = KeyRing("k2", {**RING.keys, "k2": new_key()})
    fresh = rotated.seal(b"fresh", place=PLACE)
    assert (rotated.unseal(old, place=PLACE), rotated.unseal(fresh, place=PLACE)) == (b"old", b"fresh")
    with pytest.raises(CannotUnseal, match="not in the key ring"):
        RING.unseal(fresh, place=PLACE)


def test_another_installations_ring_opens_nothing_of_ours() -> None:
    with pytest.raises(CannotUnseal):
        KeyRing("k1", {"k1": new_key()}).unseal(RING.seal(b"x", place=PLACE), place=PLACE)


def test_a_ring_never_shows_its_keys() -> None:
    assert b64encode(RING.keys["k1"]).decode() not in repr(RING)
    assert repr(RING.keys["k1"]) not in repr(RING)
    assert str(RING.keys["k1"]) not in str(RING)


def test_a_ring_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_key_ring(tmp_path / "keys")
    finally:
        os.umask(before)
    first = load_key_ring(tmp_path / "keys")
    create_key_ring(tmp_path / "keys")
    assert load_key_ring(tmp_path / "keys").keys == first.keys
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["sealing.json", "signing.key"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_processes_that_make_the_ring_at_once_end_with_one_ring(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=create_key_ring, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sealing.json", "signing.key"]
    assert len(load_key_ring(tmp_path).keys) == 1


def test_a_rest_of_a_killed_attempt_does_not_stop_the_next(tmp_path: Path) -> None:
    (tmp_path / f"sealing.json.{os.getpid()}.new").write_text("half")
    create_key_ring(tmp_path)
    assert load_key_ring(tmp_path).current == "k1"


def test_a_missing_ring_says_where_it_was_looked_for_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyRingMissing, match=r"sealing\.json.*restore the keys folder"):
        load_key_ring(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"current": "k1", "keys": {}}',
        '{"current": "k1", "keys": ["k1"]}',
        '{"current": "k1", "keys": {"k1": 5}}',
        '{"current": "k1", "keys": {"k1": "???"}}',
        '{"current": ["k1"], "keys": {"k1": ""}}',
        json.dumps({"current": "k1", "keys": {"k1": b64encode(b"short").decode()}}),
        json.dumps({"current": "k2", "keys": {"k1": b64encode(bytes(32)).decode()}}),
    ],
)
def test_a_damaged_ring_says_so_and_is_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "sealing.json").write_text(content)
    with pytest.raises(KeyRingMissing, match=r"sealing\.json .*Restore the file"):
        load_key_ring(tmp_path)
    create_key_ring(tmp_path)
    assert (tmp_path / "sealing.json").read_text() == content


def test_bytes_that_are_no_text_are_a_damaged_ring(tmp_path: Path) -> None:
    (tmp_path / "sealing.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KeyRingMissing, match="Restore the file"):
        load_key_ring(tmp_path)
