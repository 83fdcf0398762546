"""A small shop's nine days, drawn at random: whatever makes figures hard to get right, in rows of silver's tables."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

# The end of a month lies in between.
FIRST = datetime(2025, 2, 25, tzinfo=UTC)
DAYS = [(FIRST + timedelta(days=day)).date() for day in range(9)]
TOPICS = {
    "silver.page_views": "page-views",
    "silver.cart_events": "cart-events",
    "silver.purchases": "purchases",
    "silver.user_sessions": "user-sessions",
    "silver.product_updates": "product-updates",
}
KIND_OF = {
    "silver.page_views": "page_view",
    "silver.user_sessions": "user_session",
    "silver.product_updates": "product_update",
}
POSITION = json.dumps({topic: [100_000] for topic in (*TOPICS.values(), "raw-events")})
"""Behind everything that arrives."""
Row = dict[str, Any]


def shop(random: Random) -> list[Row]:
    """Nine days of a small shop: visits that cross midnight, guests, refunds, free orders, orders in several events."""
    visits = [visit(random, number) for number in range(300)]
    updates = [
        {
            "table": "silver.product_updates",
            "timestamp": instant(random.randrange(9 * 86400)),
            "event_id": f"u{number}",
            "product_id": f"p{random.randrange(8)}",
            "update_type": "inventory_update",
            "inventory": random.choice([None, -1, 0, 3, 500]),
            "rating": random.choice([None, "3.20", "4.75"]),
        }
        for number in range(30)
    ]
    return arrivals(random, [row for rows in visits for row in rows] + updates)


def arrivals(random: Random, events: list[Row]) -> list[Row]:
    """The events with how they arrived, and beside them what became of others: copies, bad ones, restored ones."""
    rows: list[Row] = []
    views = [event for event in events if event["table"] == "silver.page_views"]
    events = events + [{**event, "event_id": f"again-{event['event_id']}"} for event in views[::20]]
    for number, event in enumerate(events):
        late = random.choice([0, 0, 1, 5, 3_599, 3_600, 90_000])
        topic = random.choice([TOPICS[event["table"]]] * 4 + ["raw-events"])
        came = min(datetime.fromisoformat(event["timestamp"]) + timedelta(seconds=late), FIRST + timedelta(days=8.9))
        flags = random.choice([[]] * 8 + [["items_add_up"], ["header_mismatch", "id_conflict"], ["purchase_has_items"]])
        at = {"topic": topic, "offset": number, "ingested_at": came.isoformat()}
        rows.append({**event, **at, "lateness_seconds": late, "quality_flags": flags})
        rows.append(record(random, at, KIND_OF.get(event["table"]) or event["event_type"]))
    for number in range(len(events), len(events) + 200):
        rows += withheld(random, number)
    # One day lacks a record.
    return [row for row in rows if row["table"] != "bronze.raw_events" or row["offset"] != 11]


def record(random: Random, at: Row, event_type: str | None) -> Row:
    payload: Row = {"event_id": "e", "event_type": event_type, "timestamp": "t"}
    payload |= random.choice([{}, {}, {"coupon": 1}, {"coupon": {"coupon": 2}, "tier": None}])
    raw = random.choice([json.dumps(payload)] * 9 + [None, "[1]", "not json"])
    came = {"topic": at["topic"], "offset": at["offset"], "processing_time": at["ingested_at"]}
    return {"table": "bronze.raw_events", **came, "event_type": event_type, "raw_data": raw}


def withheld(random: Random, number: int) -> list[Row]:
    event_type, home = random.choice(
        [("page_view", "silver.page_views"), ("refund", "silver.purchases"), ("odd", None)]
    )
    topic = TOPICS[home] if home and random.random() < 0.5 else "raw-events"
    address = {"topic": topic, "offset": number}
    at = {**address, "ingested_at": instant(random.randrange(9 * 86400))}
    came = record(random, at, event_type)
    if home and random.random() < 0.4:
        seen = at["ingested_at"] if random.random() < 0.5 else None
        copy = {"home": home, "ingested_at": seen, "seen_at": at["ingested_at"], "event_id": f"c{number}"}
        return [came, {"table": "ops.duplicates", **address, **copy}]
    names = random.choices(
        ["wrong_type", "too_old", "currency_code", "not_json", "visitor_known"], k=random.randrange(1, 4)
    )
    errors = [{"rule": name, "path": "$", "message": "m"} for name in names]
    bad = {"table": "silver.quarantine", **at, "event_type": event_type, "errors": errors}
    told = random.choice([[], [], ["still_bad"], ["still_bad", "replayed"], ["replayed", "still_bad"]])
    outcomes = [
        {"table": "silver.quarantine_outcomes", **address, "run_id": f"r{turn}", "outcome": what, "at": instant(turn)}
        for turn, what in enumerate(told)
    ]
    return [came, bad, *outcomes]


def visit(random: Random, number: int) -> list[Row]:
    second = random.randrange(9 * 86400) if random.random() < 0.7 else 86400 * random.randrange(1, 9) - 300
    # The longer the shop is open, the more users it has.
    users = 8 + second // 86400
    who: Row = {"user_id": random.choice([f"u{random.randrange(users)}", f"u{random.randrange(users)}", None, ""])}
    if not who["user_id"]:
        who["anonymous_id"] = f"g{random.randrange(12)}"
    if random.random() < 0.4:
        who["session_id"] = f"s{random.randrange(60)}"
    made = []
    # Some know what they want; the others do anything in any order.
    kinds = ["view", "cart", "checkout", "buy"] if number % 10 == 0 else [None] * random.randrange(1, 7)
    for step, kind in enumerate(kinds):
        made.append(
            {**event(random, f"o{number}", kind), **who, "timestamp": instant(second), "event_id": f"e{number}-{step}"}
        )
        second += random.choice([0, 4, 9, 400, 1800, 1801])
    return made


def event(random: Random, order: str, kind: str | None) -> Row:
    product = f"p{random.randrange(8)}"
    drawn = random.choice(["view", "view", "view", "list", "cart", "checkout", "buy", "buy", "refund", "session"])
    kind = kind or drawn
    if kind in {"view", "list"}:
        page = "product_detail" if kind == "view" else "category"
        return {
            "table": "silver.page_views",
            "page_type": page,
            "product_id": product,
            "is_bot": random.random() < 0.1,
            "channel": random.choice([None, None, "direct", "email", "organic_search", "paid_search"]),
        }
    if kind in {"cart", "checkout"}:
        changed = random.choice(["add_to_cart"] * 4 + ["remove_from_cart"])
        return {
            "table": "silver.cart_events",
            "event_type": changed if kind == "cart" else "begin_checkout",
            "product_id": product,
            "total_value": str(Decimal(random.randrange(1, 900000)).scaleb(-4)),
            "currency": random.choice(["USD"] * 5 + ["EUR"]),
        }
    if kind == "session":
        return {"table": "silver.user_sessions", "session_type": random.choice(["start", "timeout"])}
    return money(random, kind, order)


def money(random: Random, kind: str, order: str) -> Row:
    lines = [line(random) for _ in range(random.randrange(0, 4))]
    base = {"table": "silver.purchases", "currency": random.choice(["USD"] * 5 + ["EUR"]), "items": lines}
    goods = sum((Decimal(one["total_price"]) for one in lines), Decimal(0))
    if kind == "refund":
        return {
            **base,
            "event_type": "refund",
            "refund_id": f"r-{order}",
            "total_amount": str(goods + Decimal("0.0001")),
        }
    shipping, tax = Decimal(random.choice(["0", "4.99"])), Decimal(random.randrange(100000)).scaleb(-4)
    # Without lines there is nothing to charge for: an order of total 0, unless another event adds lines.
    charged = goods + shipping + tax if lines else Decimal(0)
    free = random.random() < 0.1
    return {
        **base,
        "event_type": "purchase",
        "order_id": order,
        "shipping_amount": str(shipping) if lines else None,
        "tax_amount": str(tax) if lines else "0",
        "discount_amount": str(charged) if free else None,
        "total_amount": "0" if free else str(charged),
        "payment_method": random.choice(["card", "paypal", None]),
    }


def line(random: Random) -> Row:
    quantity, price = random.randrange(1, 6), Decimal(random.randrange(0, 500000)).scaleb(-4)
    return {
        "product_id": f"p{random.randrange(8)}",
        "product_name": random.choice(["Cup", "Lamp", None]),
        "category": random.choice(["home", None]),
        "quantity": quantity,
        "unit_price": str(price),
        "total_price": str(price * quantity),
    }


def instant(second: int) -> str:
    return (FIRST + timedelta(seconds=second)).isoformat()
