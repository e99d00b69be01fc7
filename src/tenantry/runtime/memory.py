"""How much memory there is, and how much of it the embedded PostgreSQL takes."""

from pathlib import Path

_MB = 1024 * 1024
_LEAST_BUFFERS = 128 * _MB
_MOST_BUFFERS = 2048 * _MB
# A container's own limit: version 2 of the kernel's control groups, then version 1.
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_of_machine(meminfo: Path = Path("/proc/meminfo"), limits: tuple[Path, ...] = _LIMITS) -> int:
    """Return the bytes that this machine, or the container around us, has; 0 where nothing tells."""
    known = [size for size in (_total(meminfo), *map(_limit, limits)) if size]
    return min(known, default=0)


def buffer_settings(memory: int) -> dict[str, str]:
    """Return PostgreSQL's settings for a machine with ``memory`` bytes that also runs the pages and the worker.

    An eighth is for its own buffers: pages that show a million rows answer four times as fast with the indexes there as
    with the indexes in the system's cache.
    """
    buffers = min(max(memory // 8, _LEAST_BUFFERS), _MOST_BUFFERS)
    return {
        "shared_buffers": f"{buffers // _MB}MB",
        "effective_cache_size": f"{max(memory // 2, 4 * _LEAST_BUFFERS) // _MB}MB",
    }


def _total(meminfo: Path) -> int:
    """Read ``MemTotal``, which is in KiB."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:")), 0)


def _limit(path: Path) -> int:
    """Read a limit; ``max``, or no such file, is none."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
