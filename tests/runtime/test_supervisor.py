"""The parent of everything: starts, restarts, stops in order, and dies only with its children."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.runtime.stage import Make, RunPython, Until

from tenantry.runtime.children import Child, ChildExit
from tenantry.runtime.home import Home
from tenantry.runtime.processes import command_line
from tenantry.runtime.supervisor import Supervisor

PYTHON = (sys.executable, "-I", "-S", "-c")
SLEEP = (*PYTHON, "import time; time.sleep(60)")
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
DEAF_FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", {deaf!r}], stdout=subprocess.PIPE)
child.stdout.readline()
open({note!r}, "w").write(f"{{child.pid}}.")
time.sleep(60)
"""
FAMILY = """
import subprocess, time
child = subprocess.Popen(["sleep", "60"])
open({note!r}, "a").write(f"{{child.pid}}\\n")
time.sleep(60)
"""
# A supervisor in a process of its own: argv[1] is the Python expression of its children.
SUPERVISE = """
import os, signal, sys
from tenantry.runtime.children import Child
from tenantry.runtime.supervisor import Supervisor
PYTHON = (sys.executable, "-I", "-S", "-c")
SLEEP = (*PYTHON, "import time; time.sleep(60)")
def say(sentence): print(sentence, flush=True)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a test run under nohup hands on that it is ignored
children = eval(sys.argv[1])
sys.exit(Supervisor(children, say=say, on_ready=lambda: say("all ready")).run())
"""


class Database:
    """A foundation that notes when it was stopped."""

    def __init__(self, said: list[str]) -> None:
        self.failure: Exception | None = None
        self._said = said

    def stop(self, *, at_once: bool = False) -> None:
        self._said.append(f"database stopped{' at once' if at_once else ''}")


class Running:
    """A supervisor at work in a thread."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.code: int | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.code = self.supervisor.run()

    def stop(self, *, at_once: bool = False) -> int | None:
        self.supervisor.request_stop(at_once=at_once)
        return self.wait()

    def wait(self) -> int | None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.code


@pytest.fixture
def start() -> Iterator[Callable[[Supervisor], Running]]:
    started: list[Running] = []

    def starter(supervisor: Supervisor) -> Running:
        started.append(Running(supervisor))
        return started[-1]

    yield starter
    for running in started:
        running.stop(at_once=True)


Start = Callable[[Supervisor], Running]


def pids_of(said: list[str], name: str) -> list[int]:
    starts = [line for line in said if line.startswith(f"Started {name}")]
    return [int(line.rsplit("process ", 1)[1].rstrip(").")) for line in starts]


def read_until(process: "subprocess.Popen[str]", beginning: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(beginning):
            return line
    pytest.fail(f"ended before it said {beginning!r}")


def pid_in(line: str) -> int:
    return int(line.partition("process ")[2].partition(")")[0])


@pytest.mark.parametrize(("code", "words"), [("0", "exit code 0"), ("3", "exit code 3")])
def test_a_child_is_restarted_whatever_its_exit_code(
    start: Start, said: list[str], until: Until, code: str, words: str
) -> None:
    child = Child("worker", (*PYTHON, f"raise SystemExit({code})"), restart_delays=(0.0, 0.01))
    running = start(Supervisor([child], say=said.append))
    until(lambda: len(pids_of(said, "worker")) >= 3)
    assert running.stop() == 0
    assert any(f"ended by itself ({words}); starting it again at once" in line for line in said)
    assert len(set(pids_of(said, "worker"))) >= 3


def test_a_killed_child_is_back_and_its_end_is_told(start: Start, said: list[str], until: Until) -> None:
    ends: list[ChildExit] = []
    running = start(Supervisor([Child("worker", SLEEP)], say=said.append, on_child_exit=ends.append))
    until(lambda: len(pids_of(said, "worker")) == 1)
    killed = pids_of(said, "worker")[0]
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(pids_of(said, "worker")) == 2)
    until(lambda: ends == [ChildExit("worker", killed, -signal.SIGKILL, asked=False)])
    running.stop()
    assert [(end.asked, end.code) for end in ends] == [(False, -9), (True, -15)]


def test_children_are_stopped_in_order_and_the_database_last(start: Start, said: list[str], until: Until) -> None:
    children = [Child(name, SLEEP) for name in ("web", "worker", "mailer")]
    hook_ended: list[str] = []

    def tidy(ended: ChildExit) -> None:
        time.sleep(0.2)
        hook_ended.append(ended.name)
        said.append(f"tidied {ended.name}")

    running = start(Supervisor(children, foundation=Database(said), say=said.append, on_child_exit=tidy))
    until(lambda: all(pids_of(said, child.name) for child in children))
    assert running.stop() == 0
    steps = [line.split(" (")[0].split(" after")[0] for line in said if "topp" in line or "tidied mailer" in line]
    assert steps == [
        "Stopping web",
        "web stopped",
        "Stopping worker",
        "worker stopped",
        "Stopping mailer",
        "mailer stopped",
        "tidied mailer",
        "database stopped",
    ]
    assert not any(command_line(pid) for child in children for pid in pids_of(said, child.name))


def test_a_child_that_does_not_stop_is_killed_with_all_its_offspring(
    start: Start, said: list[str], until: Until, folder: Path
) -> None:
    note = folder / "pid"
    code = DEAF_FAMILY.format(deaf=DEAF, note=str(note))
    running = start(Supervisor([Child("web", (*PYTHON, code), stop_timeout=0.3)], say=said.append))
    until(lambda: note.exists() and note.read_text().endswith("."))
    grandchild = int(note.read_text()[:-1])
    began = time.monotonic()
    assert running.stop() == 0
    assert 0.3 <= time.monotonic() - began < 3
    assert any("web was killed: it had not stopped after 0.3 s" in line for line in said)
    until(lambda: not command_line(grandchild))


def test_the_offspring_of_a_dead_child_is_gone_before_its_restart(
    start: Start, said: list[str], until: Until, folder: Path
) -> None:
    note = folder / "pid"
    code = FAMILY.format(note=str(note))
    start(Supervisor([Child("web", (*PYTHON, code))], say=said.append))
    until(lambda: note.exists() and len(note.read_text().split()) == 1)
    os.kill(pids_of(said, "web")[0], signal.SIGKILL)
    until(lambda: len(pids_of(said, "web")) == 2)
    until(lambda: not command_line(int(note.read_text().split()[0])), 2)


def test_a_child_is_ready_when_its_check_says_so(start: Start, said: list[str], until: Until) -> None:
    asked: list[float] = []

    def ready() -> bool:
        asked.append(time.monotonic())
        return len(asked) >= 3

    children = [Child("web", SLEEP, ready=ready), Child("worker", SLEEP)]
    start(Supervisor(children, say=said.append, on_ready=lambda: said.append("all ready")))
    until(lambda: "all ready" in said)
    assert len(asked) == 3
    assert any(line.startswith("web is ready (") for line in said)


def test_a_check_that_fails_is_a_no_and_its_problem_is_told(start: Start, said: list[str], until: Until) -> None:
    def ready() -> bool:
        raise ConnectionError("nobody listens")

    start(Supervisor([Child("web", SLEEP, ready=ready, ready_timeout=0.1)], say=said.append))
    until(lambda: any("still not ready" in line and "nobody listens" in line for line in said))


def test_a_child_that_is_late_is_mentioned_once(start: Start, said: list[str], until: Until) -> None:
    asked: list[int] = []

    def ready() -> bool:
        asked.append(1)
        return False

    start(Supervisor([Child("web", SLEEP, ready=ready, ready_timeout=0.1)], say=said.append))
    until(lambda: len(asked) > 5)
    assert sum("web is still not ready" in line for line in said) == 1


def test_a_child_that_never_becomes_ready_ends_it_all_with_the_reason(start: Start, said: list[str]) -> None:
    hopeless = Child("web", (*PYTHON, "raise SystemExit(4)"), ready=lambda: False, restart_delays=(0.01,), attempts=3)
    running = start(Supervisor([hopeless, Child("worker", SLEEP)], foundation=Database(said), say=said.append))
    assert running.wait() == 1
    assert any("3 times in a row and never ready" in line for line in said)
    assert said[-1] == "database stopped"


def test_a_database_that_gave_up_ends_it_all(start: Start, said: list[str], until: Until) -> None:
    database = Database(said)
    running = start(Supervisor([Child("worker", SLEEP)], foundation=database, say=said.append))
    until(lambda: bool(pids_of(said, "worker")))
    database.failure = OSError("the disk is full")
    assert running.wait() == 1
    assert "Stopping everything: the disk is full" in said


def test_children_that_need_no_restart_decide_the_exit_code(said: list[str]) -> None:
    fine = Child("once", (*PYTHON, "pass"), restart=False)
    bad = Child("twice", (*PYTHON, "raise SystemExit(7)"), restart=False)
    assert Supervisor([fine], say=said.append).run() == 0
    assert Supervisor([fine, bad], say=said.append).run() == 7


def test_a_program_that_does_not_exist_is_said_and_given_up(said: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    missing = Child("web", ("/no/such/program",), ready=lambda: False, restart_delays=(0.0,), attempts=2)
    assert Supervisor([missing], say=said.append).run() == 1
    assert "/no/such/program could not be started" in capfd.readouterr().err


def test_a_failing_hook_is_said_and_ends_nothing(start: Start, said: list[str], until: Until) -> None:
    def broken(ended: ChildExit) -> None:
        raise ValueError(ended.name)

    start(Supervisor([Child("worker", SLEEP)], say=said.append, on_child_exit=broken))
    until(lambda: bool(pids_of(said, "worker")))
    os.kill(pids_of(said, "worker")[0], signal.SIGKILL)
    until(lambda: len(pids_of(said, "worker")) == 2)
    until(lambda: any("Tidying up after worker" in line and "ValueError" in line for line in said))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_stops_gracefully_and_reaches_the_parent_only(run_python: RunPython, number: signal.Signals) -> None:
    process = run_python(SUPERVISE, "[Child('web', SLEEP)]")
    child = pid_in(read_until(process, "Started web"))
    read_until(process, "all ready")
    assert os.getsid(child) == child
    began = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert time.monotonic() - began < 3
    assert "web stopped after" in output
    assert not command_line(child)


def test_under_nohup_a_terminal_that_closes_stops_nothing(run_python: RunPython) -> None:
    process = run_python(SUPERVISE.replace("SIGHUP, signal.SIG_DFL", "SIGHUP, signal.SIG_IGN"), "[Child('web', SLEEP)]")
    read_until(process, "all ready")
    process.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_second_ctrl_c_kills_at_once(run_python: RunPython) -> None:
    process = run_python(
        SUPERVISE.replace("children =", f"DEAF = (*PYTHON, {DEAF!r})\nchildren ="),
        "[Child('web', DEAF, stop_timeout=60), Child('worker', DEAF, stop_timeout=60)]",
    )
    children = [pid_in(read_until(process, f"Started {name}")) for name in ("web", "worker")]
    for _ in children:
        read_until(process, "deaf")
    process.send_signal(signal.SIGINT)
    read_until(process, "Stopping web")
    process.send_signal(signal.SIGTERM)  # a second polite request changes nothing
    time.sleep(0.2)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert time.monotonic() - began < 3
    assert not any(command_line(pid) for pid in children)


def test_a_killed_supervisor_takes_its_children_along(run_python: RunPython, until: Until) -> None:
    process = run_python(SUPERVISE, "[Child('web', SLEEP), Child('worker', SLEEP)]")
    children = [pid_in(read_until(process, f"Started {name}")) for name in ("web", "worker")]
    process.kill()
    process.wait()
    until(lambda: not any(command_line(pid) for pid in children), 5)


def test_the_whole_house_stops_in_order(run_python: RunPython, home: Home, make: Make) -> None:
    make(home)
    code = """
import sys
from pathlib import Path
from tenantry.runtime.children import Child
from tenantry.runtime.embedded import EmbeddedPostgres
from tenantry.runtime.home import Home
from tenantry.runtime.options import FAST_AND_UNSAFE
from tenantry.runtime.supervisor import Supervisor
def say(sentence): print(sentence, flush=True)
home = Home(Path(sys.argv[1]))
with home.lock() as lock:
    database = EmbeddedPostgres(home, FAST_AND_UNSAFE, say=say, lock=lock)
    database.start()
    worker = Child("worker", (sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"))
    code = Supervisor([worker], foundation=database, say=say, on_ready=lambda: say("all ready")).run()
sys.exit(code)
"""
    process = run_python(code, home.path)
    read_until(process, "all ready")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0, output
    assert home.in_use_by() is None
    assert "database system is shut down" in home.logs.joinpath("postgres.log").read_text()
