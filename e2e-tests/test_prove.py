"""`make prove`, small: five kills in the middle of a load, and everything compared."""

import pytest
from parity import differences
from prove.report import findings, last_line
from prove.run import Outcome, Proof, Wishes
from shoplake_contracts.reasons import Reason

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3_600)]
KILLS, EVENTS = 5, 30_000


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return Proof(Wishes(tmp_path_factory.mktemp("prove") / "run", EVENTS, KILLS, seed=5), print).run()


def test_nothing_is_lost_doubled_or_changed(outcome: Outcome) -> None:
    assert outcome.proved, "\n".join(findings(outcome))
    assert outcome.accounting["total"]["unaccounted"] == 0
    assert outcome.accounting["total"]["produced"] == EVENTS


def test_every_kill_happened_and_every_stage_came_back(outcome: Outcome) -> None:
    kills = outcome.ledger.kills
    assert len(kills) == KILLS
    assert all(kill.running_seconds > 0 for kill in kills)
    assert sum(kill.recovery_seconds is not None for kill in kills) >= KILLS - 1
    assert any(kill.point for kill in kills)
    assert [kill.idle for kill in kills] == [kill.turn_ns is not None for kill in kills]


def test_what_can_be_restored_was_restored_once(outcome: Outcome) -> None:
    before, *after = outcome.verdicts
    assert len(after) == 2, "one comparison after each of two replays"
    assert before.figures["quarantined"] == after[0].figures["quarantined"] > len(Reason)
    assert after[0].figures["silver"] > before.figures["silver"]
    assert after[0].content == after[1].content != before.content


def test_another_engine_comes_to_the_same_gold(outcome: Outcome) -> None:
    assert differences(outcome.wishes.folder / "home", base="USD") == []


def test_the_last_line_says_so(outcome: Outcome) -> None:
    line = last_line(outcome)
    assert line.startswith(f"proved: {EVENTS:,} events, {KILLS} kills, 0 lost, 0 doubled, 0 changed, 0 unaccounted, ")
    assert " s on an idle machine where a turn of an empty loop took " in line
    assert outcome.ledger.path.exists()
