"""Rules: they speak of columns that exist, and each says in which way it judges."""

import re

import pytest
from shoplake_contracts import rules, tables
from shoplake_contracts.data import documents
from shoplake_contracts.rules import Rule

RULES = [(name, rule) for name in tables.load() for rule in rules.load(name)]
ALL = pytest.mark.parametrize(("table", "rule"), RULES, ids=[f"{name}-{rule.name}" for name, rule in RULES])
FUNCTIONS = {"abs", "aggregate", "coalesce", "exists", "forall", "greatest", "length", "nullif", "size"}
ITEM_FIELDS = {"product_id", "quantity", "unit_price", "total_price"}


def bare(predicate: str) -> str:
    return re.sub(r"'[^']*'", "", predicate)


def lambda_variables(predicate: str) -> set[str]:
    heads = re.findall(r"(\w+) ->|\(([\w, ]+)\) ->", predicate)
    return {name for single, several in heads for name in (single, *several.split(", ")) if name}


def names(predicate: str) -> set[str]:
    """What a predicate calls by name, SQL words (upper case by our custom) and parameters left out."""
    return set(re.findall(r"(?<![:.\w])[a-z_]\w*(?:\.\w+)?(?![\w(.])", bare(predicate)))


@ALL
def test_a_predicate_speaks_of_columns_of_its_table(table: str, rule: Rule) -> None:
    known = {*tables.load()[table].column_names, "kafka_timestamp"}
    variables = lambda_variables(rule.predicate)
    found = names(rule.predicate) - variables
    fields = {name.partition(".") for name in found if name.partition(".")[0] in variables}
    assert {field for _, _, field in fields} <= ITEM_FIELDS
    columns = {name for name in found if name.partition(".")[0] not in variables}
    assert columns
    assert columns <= known


@ALL
def test_a_predicate_uses_known_functions_and_parameters(table: str, rule: Rule) -> None:
    assert table
    assert set(re.findall(r"\b([a-z_]+)\(", bare(rule.predicate))) <= FUNCTIONS
    assert set(re.findall(r"(?<!:):([a-z_]+)", bare(rule.predicate))) <= rules.PARAMETERS


@ALL
def test_the_path_is_a_field_of_the_payload(table: str, rule: Rule) -> None:
    assert rule.path in {column.source for column in tables.load()[table].columns}


@ALL
def test_a_rule_has_a_label_and_a_sentence(table: str, rule: Rule) -> None:
    assert table
    assert re.fullmatch(r"[a-z][a-z0-9_]{2,63}", rule.name)
    assert rule.message
    assert rule.version >= 1
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)


def test_only_event_tables_have_rules() -> None:
    files = {path.stem for path, _ in documents("rules")}
    assert files == {table.name for table in tables.load().values() if table.event_types}


def test_a_name_means_one_predicate_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for _, rule in RULES:
        meanings.setdefault(rule.name, set()).add(rule.predicate)
    assert [name for name, found in meanings.items() if len(found) > 1] == []


def test_a_table_without_rules_has_none() -> None:
    assert rules.load("bronze.raw_events") == ()
