"""The embedded PostgreSQL takes its share of the memory that is really there."""

from pathlib import Path

import pytest

from tenantry.runtime.memory import buffer_settings, memory_of_machine

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("memory", "buffers", "cache"),
    [
        (0, "128MB", "512MB"),
        (512 * MB, "128MB", "512MB"),
        (4096 * MB, "512MB", "2048MB"),
        (64000 * MB, "2048MB", "32000MB"),
    ],
)
def test_an_eighth_of_the_memory_is_for_buffers_within_bounds(memory: int, buffers: str, cache: str) -> None:
    assert buffer_settings(memory) == {"shared_buffers": buffers, "effective_cache_size": cache}


def test_a_container_s_limit_counts_where_it_is_the_smaller(tmp_path: Path) -> None:
    (meminfo := tmp_path / "meminfo").write_text("MemTotal:       24684084 kB\nMemFree:         1 kB\n")
    (limit := tmp_path / "memory.max").write_text("2147483648\n")
    (none := tmp_path / "none").write_text("max\n")
    assert memory_of_machine(meminfo, (limit, tmp_path / "absent")) == 2048 * MB
    assert memory_of_machine(meminfo, (none,)) == 24684084 * 1024
    assert memory_of_machine(tmp_path / "absent", (tmp_path / "absent",)) == 0
