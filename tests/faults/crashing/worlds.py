"""One world: an installation with all its work, some kills, rest, judgement."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.crashing.judging import judge
from tests.faults.crashing.killing import Killed, Killer, Victim
from tests.faults.crashing.outside import around
from tests.faults.crashing.served import Served, reachable_folder
from tests.faults.crashing.settling import call_furnishing, settle
from tests.faults.crashing.traffic import Traffic


@dataclass
class Outcome:
    """What became of one world."""

    seed: int
    kills: list[Killed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    counted: "Counter[str]" = field(default_factory=Counter)
    seconds: float = 0.0
    settling: float = 0.0
    given_up: int = 0
    refused: list[str] = field(default_factory=list)
    second_worker: bool = False


@dataclass(frozen=True)
class Plan:
    """How large a world is, and what is done to it. ``migrated``: an installation's folder with an empty database."""

    seed: int
    kills: int
    customers: int = 40
    people: int = 4
    second_worker: bool = False
    victims: tuple[Victim, ...] = ()
    migrated: Path | None = None


def run_world(
    plan: Plan, *, say: Callable[[str], None] = lambda _: None, emulator_home: Path | None = None
) -> Outcome:  # fmt: skip
    """Build the world, kill in it, let it settle and judge it. What went wrong stands in the outcome."""
    began = time.monotonic()
    outcome = Outcome(plan.seed, second_worker=plan.second_worker)
    around_it = around(customers=plan.customers, people=plan.people, seed=plan.seed, home=emulator_home)
    with reachable_folder() as folder, around_it as outside:
        served = Served(folder, outside.environment)
        if plan.migrated is not None:
            subprocess.run(["cp", "-a", plan.migrated, served.home.path], check=True)
        try:
            served.start()
            made = call_furnishing(served, {"facts": outside.facts, "webhook_url": f"{outside.hooks.url}/hooks"})
            if plan.second_worker:
                served.start_second_worker()
            traffic = Traffic(served, outside, made["token"], plan.seed)
            traffic.start()
            killer = Killer(served, random.Random(plan.seed))  # noqa: S311  # chooses victims, keeps no secret
            for victim in plan.victims or killer.victims(plan.kills):
                killed = killer.kill(victim)
                outcome.kills.append(killed)
                if killed.stuck:
                    outcome.problems.append(killed.stuck)
            settling = time.monotonic()
            remaining = settle(served, outside, traffic)
            outcome.settling = time.monotonic() - settling
            outcome.problems += [f"{name} after everything: {count}" for name, count in remaining.items()]
            killed_only = sum(killed.victim is not Victim.CUT for killed in outcome.kills)
            problems, outcome.counted = judge(served, outside, traffic.asked, killed_only)
            outcome.problems += problems
            outcome.given_up = killer.given_up
            outcome.refused = traffic.asked.refused
            if outcome.problems:
                kept = Path(f"/tmp/tenantry-crash-{plan.seed}.log")  # noqa: S108  # for whoever looks why
                kept.write_bytes(served.log.read_bytes())
                say(f"  what it said is kept in {kept}")
        finally:
            served.stop()
    outcome.seconds = time.monotonic() - began
    return outcome
