"""When something is started again, and when no more."""

from tenantry.runtime.backoff import Backoff


def test_waits_grow_along_the_row_and_then_it_gives_up() -> None:
    backoff = Backoff((0.0, 1.0, 5.0), calm_after=30.0, gives_up=True)
    assert [backoff.after(0.1) for _ in range(4)] == [0.0, 1.0, 5.0, None]


def test_one_that_never_gives_up_repeats_its_longest_wait() -> None:
    backoff = Backoff((0.0, 5.0), calm_after=30.0, gives_up=False)
    assert [backoff.after(0.1) for _ in range(4)] == [0.0, 5.0, 5.0, 5.0]


def test_a_healthy_run_starts_the_row_anew() -> None:
    backoff = Backoff((0.0, 1.0), calm_after=30.0, gives_up=True)
    assert [backoff.after(lived) for lived in (1.0, 1.0, 30.0, 1.0, 1.0)] == [0.0, 1.0, 0.0, 1.0, None]
