"""The server's log stays small and tells its last words."""

from pathlib import Path

from tenantry.runtime.logfile import LogFile


def test_a_log_that_grew_too_long_is_moved_aside_under_its_writer(folder: Path) -> None:
    log = LogFile(folder / "postgres.log", limit=100)
    with log.open() as writer:
        writer.write(b"old line\n" * 20)
        log.trim()
        writer.write(b"new line\n")
        log.trim()
    assert log.path.read_text() == "new line\n"
    assert log.path.with_name("postgres.log.1").read_text() == "old line\n" * 20
    assert log.path.stat().st_mode & 0o777 == 0o600


def test_the_tail_holds_the_last_lines_of_this_run_only(folder: Path) -> None:
    log = LogFile(folder / "postgres.log")
    assert log.tail() == ""
    with log.open() as writer:
        writer.write(b"earlier\n")
        since = log.size()
        writer.write(b"".join(b"line %d\n" % number for number in range(30)))
    assert log.tail(since).splitlines() == [f"line {number}" for number in range(10, 30)]
    assert log.tail(since=10_000).splitlines()[-1] == "line 29"
