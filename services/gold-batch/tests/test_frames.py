"""What becomes of a batch of tables that are made side by side; frames are plain texts here."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from threading import Event
from typing import Any

import pytest
from gold_batch import frames as module
from gold_batch.frames import BASES, Part, frames
from gold_batch.gold_tables import GoldTable
from gold_batch.terms import Terms

DAYS = (date(2025, 3, 1),)
BASE, OTHER, THIRD = BASES[0], "gold.other", "gold.third"
NAMES = {"base": BASE, "other": OTHER, "third": THIRD}
Rows = Callable[[Mapping[str, Any]], Any]


@pytest.fixture(autouse=True)
def released(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Frames that were kept and given back."""
    given_back: list[str] = []

    def keeping(held: Any) -> Callable[[str], str]:
        def keep(frame: str) -> str:
            held.callback(given_back.append, frame)
            return frame

        return keep

    monkeypatch.setattr(module, "keeping", keeping)
    monkeypatch.setattr(module, "history", lambda published, fresh, _days: f"{published} and {fresh}")
    return given_back


def batch(terms: Terms, **of_tables: Rows) -> Any:
    """A batch of the base, the other table, which is made of the base, and a third one, which is not."""

    def table(name: str, rows: Rows) -> GoldTable:
        def transform(inputs: Mapping[str, Any], _days: Collection[date], _terms: Terms) -> Any:
            return rows(inputs)

        return GoldTable(name, (BASE,) if name == OTHER else (), {}, transform)

    tables = [table(NAMES[key], rows) for key, rows in of_tables.items()]
    published: Any = {BASE: "published"}
    return frames(published, dict.fromkeys(tables, DAYS), terms)


def test_a_table_finds_the_base_as_it_will_be(terms: Terms, released: list[str]) -> None:
    made = batch(terms, base=lambda _: "fresh", other=lambda inputs: f"made of {inputs[BASE]}")
    assert {name: output.rows for name, output in made.frames.items()} == {
        BASE: "fresh",
        OTHER: "made of published and fresh",
    }
    made.close()
    assert released == ["made of published and fresh", "fresh"]


def test_a_table_is_there_before_those_after_it(terms: Terms, released: list[str]) -> None:
    go_on = Event()
    made = batch(terms, base=lambda _: "fresh", other=lambda _: go_on.wait(60) and "late")
    assert made.frames[BASE].rows == "fresh"
    go_on.set()
    assert made.frames[OTHER].rows == "late"
    made.close()
    assert released == ["late", "fresh"]


def test_what_is_being_made_is_given_back_as_well(terms: Terms, released: list[str]) -> None:
    begun, go_on = Event(), Event()

    def late(_inputs: Mapping[str, Any]) -> str:
        begun.set()
        go_on.wait(60)
        return "late"

    made = batch(terms, base=lambda _: "fresh", other=lambda _: "other", third=late)
    assert made.frames[OTHER].rows == "other"
    assert begun.wait(60)
    go_on.set()
    made.close()
    assert sorted(released) == ["fresh", "late", "other"]


def test_the_others_are_begun_when_one_of_them_is_asked_for(terms: Terms) -> None:
    begun: list[str] = []
    made = batch(
        terms, base=lambda _: "fresh", other=lambda _: begun.append(OTHER), third=lambda _: begun.append(THIRD)
    )
    assert (made.frames[BASE].rows, begun) == ("fresh", [])
    assert made.frames[OTHER].rows is None
    assert made.frames[THIRD].rows is None
    made.close()
    assert sorted(begun) == [OTHER, THIRD]


def test_a_fact_finds_the_one_that_it_is_made_of(terms: Terms, monkeypatch: pytest.MonkeyPatch) -> None:
    def activity(_silver: Any, *_: Any) -> Any:
        return {"facts.a": "activity"}

    def sessions(inputs: Mapping[str, Any], *_: Any) -> Any:
        return {"facts.b": f"sessions of {inputs['facts.a']}"}

    parts = {activity: Part(("facts.a",), {"facts.b"}), sessions: Part(("facts.b",), {"facts.b"}, upon=("facts.a",))}
    monkeypatch.setattr(module, "PARTS", parts)
    table = GoldTable("gold.of_sessions", ("facts.b",), {}, lambda inputs, _days, _terms: inputs["facts.b"])
    made = frames({}, {table: DAYS}, terms)
    assert made.frames[table.name].rows == "sessions of activity"
    made.close()


def test_a_table_that_cannot_be_made_says_so_where_it_is_taken_out(terms: Terms) -> None:
    made = batch(terms, base=lambda _: "fresh", other=_broken)
    assert made.frames[BASE].rows == "fresh"
    with pytest.raises(ArithmeticError):
        made.frames[OTHER]
    made.close()


def test_without_its_base_a_table_cannot_be_made(terms: Terms) -> None:
    made = batch(terms, base=_broken, other=lambda _: "never")
    for name in (BASE, OTHER):
        with pytest.raises(ArithmeticError):
            made.frames[name]
    made.close()


def _broken(_inputs: Mapping[str, Any]) -> str:
    raise ArithmeticError("as in a transform")
