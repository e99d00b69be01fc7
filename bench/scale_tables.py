"""What ``bench/scale.py`` found: legs at two sizes as tables, and whether the aims were met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.probes import Cost, total

MOST_OF_SMALL = 1.1
MOST_MEMORY_MB = 400
NOT_OURS = "(the emulator)"


@dataclass(frozen=True, slots=True)
class Leg:
    """What one leg cost for how many rows, part by part."""

    rows: int
    parts: Sequence[Cost]

    @property
    def cost(self) -> Cost:
        """What all of it cost."""
        return total(self.parts)

    @property
    def cpu(self) -> float:
        """CPU microseconds of a row."""
        return self.cost.cpu / self.rows * 1e6

    @property
    def clock(self) -> float:
        """Microseconds of a row by the clock."""
        return self.cost.seconds / self.rows * 1e6

    def in_parts(self) -> list[float]:
        """CPU microseconds of a row in each part."""
        return [part.cpu * len(self.parts) / self.rows * 1e6 for part in self.parts]


@dataclass(slots=True)
class Findings:
    """The legs by name and size, each with its rounds; peak memory by process, in MB."""

    legs: dict[str, dict[int, list[Leg]]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def add(self, size: int, told: Mapping[str, Any], *, prefix: str = "", only: Sequence[str] = ()) -> None:
        """Take what a leg's process told, ``only`` of these functions or of all; its memory, too."""
        for name in only or told["costs"]:
            parts = told["costs"][name]
            leg = Leg(told["rows"], [Cost(*part) for part in parts])
            self.legs.setdefault(prefix + name, {}).setdefault(size, []).append(leg)
            print(f"  {size:>9,} {prefix + name:<24} {leg.cpu:8.0f} µs CPU a row", flush=True)
        self.remember("a worker", told["peak_mb"])

    def remember(self, process: str, megabytes: float) -> None:
        """Keep the largest."""
        self.memory[process] = max(self.memory.get(process, 0.0), megabytes)


def table(found: Findings) -> list[str]:
    """Return the legs as a Markdown table, in microseconds a row: medians, and how far the rounds lie apart."""
    [small, large] = sorted(next(iter(found.legs.values())))
    heads = [
        "µs a row", f"CPU at {small:,}", "range", "ours", f"CPU at {large:,}", "range", "ours", "of the small",
        f"by the clock at {small:,}", f"at {large:,}", "of the small",
    ]  # fmt: skip
    lines = [_row(heads), "|---|" + "---:|" * (len(heads) - 1)]
    for name, sizes in found.legs.items():
        few, many = sizes[small], sizes[large]
        clock = [median(leg.clock for leg in legs) for legs in (few, many)]
        lines.append(_row([
            name, *_cpu(few), *_cpu(many), f"{_ratio(sizes):.2f}", f"{clock[0]:,.0f}", f"{clock[1]:,.0f}",
            f"{clock[1] / clock[0]:.2f}",
        ]))  # fmt: skip
    rounds = {size: len(legs) for size, legs in next(iter(found.legs.values())).items()}
    single = " A single round shows the range of the tenths of its calls." if rounds[large] == 1 else ""
    told = f"Median of {rounds[small]} at {small:,}, of {rounds[large]} at {large:,}.{single}"
    return [*lines, "", f"{told} CPU is ours and PostgreSQL's together, its own upkeep included."]


def history_table(history: Mapping[int, Mapping[str, float]]) -> list[str]:
    """Return the pages of the history, by size and label in milliseconds."""
    [small, large] = sorted(history)
    lines = [f"| page of the history, 95th percentile in ms | {small:,} | {large:,} |", "|---|---:|---:|"]
    lines += [f"| {label} | {few:.0f} | {history[large][label]:.0f} |" for label, few in history[small].items()]
    return [*lines, "", "Pages of pending companies are measured apart, under *Pages with a million rows*."]


def judged(found: Findings) -> list[str]:
    """Return a sentence about each aim; it begins with *- met* where it is."""
    sentences = [
        f"- {_verdict(_ratio(sizes), MOST_OF_SMALL)}: {name} costs {_ratio(sizes):.2f} of the CPU a row"
        for name, sizes in found.legs.items()
    ]
    ours = max(size for name, size in found.memory.items() if name != NOT_OURS)
    memory = ", ".join(f"{name} {size:.0f} MB" for name, size in found.memory.items())
    return [*sentences, f"- {_verdict(ours, MOST_MEMORY_MB)}: peak memory besides PostgreSQL: {memory}"]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cpu(legs: Sequence[Leg]) -> list[str]:
    values = [leg.cpu for leg in legs] if len(legs) > 1 else legs[0].in_parts()
    spent = total(leg.cost for leg in legs)
    range_ = f"{min(values):,.0f}–{max(values):,.0f}"  # noqa: RUF001  # a range
    return [f"{median(leg.cpu for leg in legs):,.0f}", range_, f"{spent.own / spent.cpu:.0%}"]


def _ratio(sizes: Mapping[int, Sequence[Leg]]) -> float:
    few, many = (median(leg.cpu for leg in sizes[size]) for size in sorted(sizes))
    return many / few


def _verdict(value: float, limit: float) -> str:
    return f"{'met' if value <= limit else '**not met**'} (aim: at most {limit:g})"
