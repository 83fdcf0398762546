"""When gold is held back, by what silver has published and a clock that the test holds."""

from datetime import UTC, datetime, timedelta

import pytest
from gold_batch.hold import PromotionHold, Published
from gold_batch.settings import GoldConfig
from shoplake_service_kit.metrics import Metrics

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
Line = tuple[int, int, int]


def judged(*published: Line, **config: float) -> PromotionHold:
    """After one look at publishes, oldest first: minutes ago, events read until then, quarantined ones of them."""
    hold = PromotionHold(Metrics("gold-batch"), lambda: NOW)
    newest_first = [Published(NOW - timedelta(minutes=ago), read, bad) for ago, read, bad in reversed(published)]
    hold.watch(lambda: iter(newest_first), GoldConfig.model_validate(config))
    hold.may_begin()
    return hold


@pytest.mark.parametrize(
    ("published", "percent"),
    [
        ([(11, 0, 0), (5, 1_000, 60), (0, 2_000, 120)], 6.0),
        ([(11, 0, 0), (0, 2_000, 100)], None),  # 5 % exactly
        ([(11, 50_000, 40_000), (0, 52_000, 40_000)], None),  # long ago it was worse
        ([(9, 0, 0), (0, 50_000, 50_000)], None),  # silver has not run for ten minutes
        ([(11, 0, 0), (0, 999, 999)], None),  # too few to tell
        ([(40, 0, 0), (30, 9_000, 9_000)], None),  # nothing came of late
        ([], None),
    ],
)
def test_gold_is_held_while_too_much_was_quarantined_for_ten_minutes(
    published: list[Line], percent: float | None
) -> None:
    hold = judged(*published)
    assert hold.may_begin() == (percent is None)
    assert (hold.details() or {}).get("quarantined_percent") == percent


def test_what_is_too_much_and_for_how_long_can_be_said() -> None:
    published: list[Line] = [(6, 0, 0), (0, 1_000, 80)]
    assert judged(*published, hold_window_seconds=300).details()
    assert not judged(*published, hold_window_seconds=300, hold_quarantined_percent=8).details()
    assert not judged((6, 0, 0), (0, 1_000, 1_000), hold_window_seconds=300, hold_quarantined_percent=100).details()


def test_a_metric_tells_of_it() -> None:
    metrics, publishes = Metrics("gold-batch"), [Published(NOW, 5_000, 500), Published(NOW - timedelta(hours=1), 0, 0)]
    hold = PromotionHold(metrics, lambda: NOW)
    hold.watch(lambda: iter(publishes), GoldConfig())
    assert not hold.may_begin()
    assert "shoplake_gold_promotion_held 1.0" in metrics.render().decode()
    publishes[0] = Published(NOW, 5_000, 50)
    assert hold.may_begin()
    assert hold.details() is None
    assert "shoplake_gold_promotion_held 0.0" in metrics.render().decode()
