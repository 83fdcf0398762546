"""Somebody changes the state beside the pipeline: it goes on exactly, or refuses by name, and never says nothing."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from checker import check
from confluent_kafka.admin import AdminClient, NewTopic
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table
from sender import Sender, load
from stack import Stack, wait_until

pytestmark = pytest.mark.nightly
RAW = "bronze.raw_events"
SOME = 400


@pytest.fixture(scope="module")
def sender(own_stack: Stack) -> Sender:
    return Sender(f"127.0.0.1:{own_stack.port('kafka')}")


def table(stack: Stack, name: str) -> Table:
    return SqlCatalog("iceberg", uri=f"sqlite:///{stack.home}/catalog.db").load_table(name)


def state(stack: Stack, service: str) -> str:
    return str(stack.status(service)["state"])


def start_again_if_failed(stack: Stack, service: str) -> None:
    """What the runbook says once the cause is gone."""
    if state(stack, service) == "FAILED":
        stack.post(service, f"/{service.partition('-')[0]}/start").raise_for_status()


def settled(stack: Stack, sender: Sender) -> None:
    """Everything sent has arrived, exactly once, and the equation says so."""
    stack.wait_for_gold(480)
    verdict = check(stack.home, sender.acks)
    assert verdict.holds, verdict
    assert stack.accounting()["total"]["unaccounted"] == 0


def failed(stack: Stack, service: str, code: str) -> Callable[[], bool]:
    def holds() -> bool:
        status = stack.status(service)
        return status["state"] == "FAILED" and status["error"]["code"] == code

    return holds


def audited(stack: Stack) -> dict[str, int]:
    """The figures of a deep recount."""
    run = stack.post("health", "/health/audits").headers["Location"]
    wait_until(
        lambda: stack.get("health", run)["state"] not in ("WAITING", "RUNNING"), 120, "the audit", stack.log_tail
    )
    result = stack.get("health", run)["result"]
    return {name: result["total"][name] for name in ("missing", "doubled")}


def roll_back(stack: Stack, name: str, steps: int) -> None:
    """Make an earlier publish the newest one."""
    found = table(stack, name)
    snapshot = found.current_snapshot()
    for _ in range(steps):
        assert snapshot is not None
        assert snapshot.parent_snapshot_id is not None
        snapshot = found.snapshot_by_id(snapshot.parent_snapshot_id)
    assert snapshot is not None
    found.manage_snapshots().set_current_snapshot(snapshot.snapshot_id).commit()


def test_a_bronze_that_was_rolled_back_is_filled_again(own_stack: Stack, sender: Sender) -> None:
    for _ in range(3):
        sender.send(load(SOME))
        own_stack.wait_for_gold(480)
    position = own_stack.get("health", "/health/lag")["stages"]["bronze"]["position"]
    roll_back(own_stack, RAW, 1)
    caught_up = lambda: own_stack.get("health", "/health/lag")["stages"]["bronze"]["position"] == position  # noqa: E731
    wait_until(caught_up, 120, "bronze where it stood", own_stack.log_tail)
    start_again_if_failed(own_stack, "silver-process")
    sender.send(load(SOME))
    settled(own_stack, sender)
    assert audited(own_stack) == {"missing": 0, "doubled": 0}


def test_rows_deleted_from_bronze_disturb_nobody_and_are_found(own_stack: Stack, sender: Sender) -> None:
    mine = [ack for ack in sender.acks if ack.topic == "page-views"]
    table(own_stack, RAW).delete("topic == 'page-views'")
    others = [ack for ack in sender.acks if ack.topic != "page-views"]
    sender.acks[:] = others
    sender.send(load(SOME))
    settled(own_stack, sender)
    assert audited(own_stack)["missing"] == len(mine)


def test_a_topic_made_anew_is_refused_accepted_and_read(own_stack: Stack, sender: Sender) -> None:
    admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{own_stack.port('kafka')}"})
    topic = "product-updates"
    admin.delete_topics([topic])[topic].result(30)
    made = lambda: _made(admin, topic)  # noqa: E731 - a name goes only once the broker has forgotten it
    wait_until(made, 60, f"{topic} made anew", own_stack.log_tail)
    wait_until(failed(own_stack, "bronze-ingest", "topic_recreated"), 120, "bronze refuses", own_stack.log_tail)
    facts = own_stack.status("bronze-ingest")["error"]["facts"]
    assert facts["topics"].keys() == {topic}

    wrong = {"topics": {topic: "another"}, "accepted_by": "e2e", "explanation": "a test"}
    own_stack.post("bronze-ingest", "/bronze/resolve", wrong).raise_for_status()
    wait_until(failed(own_stack, "bronze-ingest", "resolution_differs"), 120, "bronze insists", own_stack.log_tail)
    own_stack.post("bronze-ingest", "/bronze/resolve", {**wrong, "topics": facts["topics"]}).raise_for_status()
    wait_until(lambda: state(own_stack, "bronze-ingest") == "RUNNING", 120, "bronze goes on", own_stack.log_tail)

    before = len(sender.acks)
    sender.send([(topic, payload) for _, payload in load(SOME)])
    sender.acks[before:] = [replace(ack, epoch=1) for ack in sender.acks[before:]]
    settled(own_stack, sender)
    losses = own_stack.sql("SELECT topic, epoch, to_offset, accepted_by FROM iceberg.ops.data_loss")
    assert {(row["topic"], row["epoch"], row["to_offset"], row["accepted_by"]) for row in losses} == {
        (topic, 0, None, "e2e")
    }


def _made(admin: AdminClient, topic: str) -> bool:
    if topic in admin.list_topics(timeout=10).topics:
        return False
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(30)
    return True


def test_a_catalog_restored_from_an_older_copy_goes_on_from_there(own_stack: Stack, sender: Sender) -> None:
    own_stack.down()
    catalog, copy = own_stack.home / "catalog.db", own_stack.home / "catalog.copy"
    copied(catalog, copy)
    own_stack.up()
    fresh = Sender(f"127.0.0.1:{own_stack.port('kafka')}")
    fresh.send(load(SOME))
    sender.acks += fresh.acks
    own_stack.wait_for_gold(480)
    own_stack.down()
    copied(copy, catalog)
    own_stack.up()
    settled(own_stack, sender)


def copied(source: Path, target: Path) -> None:
    """As SQLite copies a database: a plain copy of the file lacks what still lies in its log."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
