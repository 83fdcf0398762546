"""How long a crashed process waits."""

from shoplake_cli.stack.backoff import Backoff


def test_each_crash_in_a_row_doubles_the_wait_up_to_half_a_minute() -> None:
    backoff = Backoff()
    assert [backoff.after_crash(ran_for=0.5) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_after_a_minute_up_it_is_started_at_once() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after_crash(ran_for=1)
    assert backoff.after_crash(ran_for=60) == 0
    assert [backoff.after_crash(ran_for=59) for _ in range(2)] == [1, 2]
