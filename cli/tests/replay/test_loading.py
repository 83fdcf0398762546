"""A mapping is found by name or by path; one that says something impossible is refused before anything is sent."""

from pathlib import Path

import pytest
from shoplake_cli.replay.built_in import file_of, names
from shoplake_cli.replay.loading import load, parse
from shoplake_contracts.errors import InvalidRequest, NotFound

SOUND = """\
name: corner-shop
file: {delimiter: ";", header: true}
columns:
  - {name: order, type: text}
  - {name: when, type: time}
  - {name: sku, type: text}
  - {name: pieces, type: integer}
  - {name: paid, type: money}
  - {name: tip, type: money, optional: true}
  - {name: buyer, type: text, optional: true}
ratios: {each_piece: [paid, pieces]}
time: when
visitor: {user: buyer, guest: order}
rules:
  - event: purchase
    each: group
    group: {by: [order]}
    when: {pieces: {above: 0}, order: {starts_without: X}}
    visitor: true
    fields:
      order_id: {column: order}
      total_amount: {sum: paid}
      currency: {value: EUR}
    items:
      product_id: {column: sku}
      quantity: {column: pieces}
      unit_price: {column: each_piece}
      total_price: {column: paid}
"""


@pytest.mark.parametrize("name", names())
def test_every_built_in_mapping_loads_under_its_own_name(name: str) -> None:
    assert load(name).name == name


def test_a_name_nobody_knows_lists_those_that_are_known() -> None:
    with pytest.raises(NotFound, match="no mapping nosuch") as raised:
        load("nosuch")
    assert raised.value.advice == (
        "Known mappings: cdnow, rees46, taobao-userbehavior, uci-online-retail. A file of your own ends in .yaml."
    )


@pytest.mark.parametrize("name", ["shop.yaml", "shop.yml", "folder/shop"])
def test_what_ends_in_yaml_or_has_a_separator_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(SOUND)
    assert load(name).name == "corner-shop"


def test_a_path_to_nothing_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.yaml")
    with pytest.raises(NotFound, match="no mapping file") as raised:
        load(missing)
    assert missing in raised.value.message
    assert "uci-online-retail" in raised.value.advice


@pytest.mark.parametrize("content", [b"name: \xa3", None])
def test_a_file_that_cannot_be_read_as_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "own.yaml"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(InvalidRequest, match=r"own\.yaml cannot be read"):
        load(str(file))


def test_the_error_names_the_file_each_place_and_the_remedy(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(SOUND.replace("{column: sku}", "{column: article}").replace("      currency: {value: EUR}\n", ""))
    with pytest.raises(InvalidRequest) as raised:
        load(str(file))
    assert raised.value.message == (
        f"{file} is not valid:\n"
        "  rules.0 (purchase).items.product_id: there is no column article\n"
        "  rules.0 (purchase): currency is missing"
    )
    assert raised.value.advice == ("Correct the named places; docs/reference/replay-mappings.md describes the format.")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: corner-shop", "name: [", "it is no YAML"),
        (SOUND, "- a list", "the file: Input should be a valid dictionary"),
        ("delimiter:", "separator:", "file.separator: Extra inputs are not permitted"),
        ('";"', '";;"', "file.delimiter: String should match"),
        ("type: time}", "type: day}", "columns.1.type: Input should be"),
        ("type: time}", 'type: time, format: "%Q"}', "columns.1.format"),
        ("type: time}", "type: time, zone: Europe/Atlantis}", "columns.1.zone: Value error, there is no time zone"),
        ("type: time}", "type: time, optional: true}", "time: when is no column of type time that is never empty"),
        ("time: when", "time: sku", "time: sku is no column of type time"),
        ("name: sku", "name: order", "columns: order is there twice"),
        ("each_piece: [paid, pieces]", "sku: [paid, pieces]", "columns: sku is there twice"),
        ("[paid, pieces]", "[paid, sku]", "ratios.each_piece: sku is no number"),
        ("[paid, pieces]", "[tip, pieces]", "ratios.each_piece: tip may be null"),
        ("guest: order", "guest: buyer", "visitor.guest: name a column that is never empty"),
        (", guest: order", "", "visitor.guest: name a column that is never empty"),
        ("user: buyer", "user: client", "visitor.user: there is no column client"),
        ("each: group", "each: moon", "rules.0.each: Input should be 'line' or 'group'"),
        ("    group: {by: [order]}\n", "", "rules.0 (purchase).each: there is no group"),
        ("each: group", "each: line", "rules.0 (purchase).group: only a rule with each: group gathers lines"),
        ("time: when\n", "time: when\ngroup: {by: [order]}\n", "rules.0 (purchase).group: all lines are gathered"),
        ("by: [order]", "by: [ordr]", "rules.0 (purchase).group.by: there is no column ordr"),
        ("pieces: {above: 0}", "sku: {above: 0}", "rules.0 (purchase).when.sku: sku is no number"),
        ("order: {starts_without: X}", 'paid: {equals: "1"}', "rules.0 (purchase).when.paid: paid is no text"),
        ("order: {starts_without: X}", "ordr: {empty: true}", "rules.0 (purchase).when.ordr: there is no column ordr"),
        ("{sum: paid}", "{sum: tip}", "rules.0 (purchase).fields.total_amount: tip may be null"),
        ("{sum: paid}", "{sum: each_piece}", "rules.0 (purchase).fields.total_amount: each_piece may be null"),
        ("{column: sku}", "{column: sku, negate: true}", "items.product_id: sku is no number"),
        ("{sum: paid}", "{sum: paid, column: paid}", "rules.0.fields.total_amount: Value error, name exactly one of"),
        ("{sum: paid}", "{}", "rules.0.fields.total_amount: Value error, name exactly one of"),
        ("event: purchase", "event: buy", "rules.0 (buy).event: the contract has no buy"),
        ("event: purchase", "event: purchase\n    topic: sales", "topic: sales is no topic for events"),
        ("visitor: true", "visitor: false", "rules.0 (purchase).visitor: somebody does a purchase"),
        ("visitor: true", "visitor: true\n    key: sku", "rules.0 (purchase).key: there is no field sku"),
        ("visitor: true", "visitor: true\n    positive: currency", "positive: currency is no field that is a sum"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(old: str, new: str, told: str) -> None:
    assert parse(SOUND).name == "corner-shop"
    with pytest.raises(InvalidRequest) as raised:
        parse(SOUND.replace(old, new, 1))
    assert told in raised.value.message


def test_a_message_needs_a_key_from_somewhere() -> None:
    update = """\
  - event: product_update
    each: line
    visitor: false
    fields: {product_id: {column: sku}, update_type: {value: inventory_update}}
"""
    with pytest.raises(InvalidRequest, match=r"rules\.1 \(product_update\)\.key: without a visitor"):
        parse(SOUND + update)
    assert parse(SOUND + update + "    key: product_id\n").rules[1].key == "product_id"


def test_names_are_those_of_the_files() -> None:
    assert names() == ("cdnow", "rees46", "taobao-userbehavior", "uci-online-retail")
    assert all(file_of(name).is_file() for name in names())
