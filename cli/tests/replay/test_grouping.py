"""Groups: whole when the file is sorted, never lost when it is not, never more in memory than allowed."""

import json
from collections import Counter
from typing import Any

from shoplake_cli.replay.engine import outgoing
from shoplake_cli.replay.mapping import Mapping


def sale(invoice: int, time: str, product: str = "A") -> str:
    return f"{invoice},{product},thing,1,{time},1.00,17850.0,France"


def orders(file: Any, mapping: Mapping) -> list[tuple[str, int, str]]:
    found = [json.loads(one.message.value) for one in outgoing(file, mapping)]
    return [(event["order_id"], len(event["items"]), event["event_id"]) for event in found]


def test_lines_that_are_not_adjacent_are_still_one_purchase(files: Any, uci: Mapping) -> None:
    day = "2010-12-01 08:00:00"
    file = files.csv(sale(1, day), sale(2, day), sale(1, day, "B"), sale(2, day, "B"), sale(1, day, "C"))
    assert [(order, size) for order, size, _ in orders(file, uci)] == [("1", 3), ("2", 2)]


def test_events_come_in_the_order_of_their_time(files: Any, uci: Mapping) -> None:
    file = files.csv(sale(1, "2010-12-01 09:00:00"), sale(2, "2010-12-01 08:00:00"), sale(3, "2010-12-05 08:00:00"))
    assert [order for order, _, _ in orders(file, uci)] == ["2", "1", "3"]


def test_a_line_days_late_opens_a_purchase_of_its_own(files: Any, uci: Mapping) -> None:
    early = "2010-12-01 08:00:00"
    file = files.csv(sale(1, early), sale(2, "2010-12-09 08:00:00"), sale(1, early, "B"))
    found = orders(file, uci)
    assert Counter((order, size) for order, size, _ in found) == {("1", 1): 2, ("2", 1): 1}
    assert len({event_id for _, _, event_id in found}) == 3
    assert found == orders(file, uci)


def test_memory_is_bounded_and_nothing_is_lost(files: Any, uci: Mapping) -> None:
    tight = uci.model_copy(update={"group": uci.group.model_copy(update={"most_lines": 10})})
    time = "2010-12-01 08:00:00"
    file = files.csv(*[sale(number % 7, time, f"P{number}") for number in range(500)])
    found = orders(file, tight)
    assert sum(size for _, size, _ in found) == 500
    assert len({event_id for _, _, event_id in found}) == len(found)
    assert max(size for _, size, _ in found) <= 10
