"""How fast we call: the concurrency follows the provider, the budget spreads calls over the minute."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.providers.pacing import AdaptiveConcurrency, PacedBudget


def test_no_more_calls_run_at_once_than_allowed() -> None:
    concurrency = AdaptiveConcurrency(start=2, maximum=2)
    running, most = 0, 0
    lock = threading.Lock()

    def call() -> None:
        nonlocal running, most
        with concurrency:
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            with lock:
                running -= 1

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_it_grows_slowly_up_to_the_maximum() -> None:
    concurrency = AdaptiveConcurrency(start=1, maximum=3)
    grown = [concurrency.allowed]
    for _ in range(12):
        concurrency.succeeded()
        grown.append(concurrency.allowed)
    assert grown == sorted(grown)
    assert grown[1] == 2
    assert grown[-1] == 3


def test_a_burst_of_refusals_halves_it_once() -> None:
    concurrency = AdaptiveConcurrency(start=8, maximum=8)
    for _ in range(5):
        concurrency.throttled()
    assert concurrency.allowed == 4


@given(st.lists(st.booleans(), max_size=50))
def test_it_never_stops_everything_and_never_exceeds_the_maximum(events: list[bool]) -> None:
    concurrency = AdaptiveConcurrency(start=2, maximum=4)
    for good in events:
        concurrency.succeeded() if good else concurrency.throttled()
        assert 1 <= concurrency.allowed <= 4


def test_a_failing_call_gives_its_place_back() -> None:
    concurrency = AdaptiveConcurrency(start=1, maximum=1)
    with pytest.raises(KeyError), concurrency:
        raise KeyError
    with concurrency:
        assert concurrency.allowed == 1


def test_a_budget_spreads_calls_evenly() -> None:
    budget = PacedBudget(per_minute=6000)
    started = time.monotonic()
    for _ in range(21):
        budget.acquire()
    assert 0.18 <= time.monotonic() - started < 1.0


def test_a_burst_is_allowed_once() -> None:
    budget = PacedBudget(per_minute=1200, burst=5)
    started = time.monotonic()
    for _ in range(5):
        budget.acquire()
    assert time.monotonic() - started < 0.04
    budget.acquire()
    assert time.monotonic() - started >= 0.04


def test_nobody_calls_while_the_provider_wants_quiet() -> None:
    budget = PacedBudget(per_minute=60_000, burst=10)
    budget.throttled(after=0.2)
    started = time.monotonic()
    threads = [threading.Thread(target=budget.acquire) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started >= 0.19


@pytest.mark.parametrize("wrong", [(0, 1), (-1, 1), (10, 0)])
def test_a_budget_of_nothing_is_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="per_minute"):
        PacedBudget(wrong[0], burst=wrong[1])


@pytest.mark.parametrize("wrong", [(0, 1), (3, 2)])
def test_a_concurrency_of_nothing_is_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="start"):
        AdaptiveConcurrency(start=wrong[0], maximum=wrong[1])
