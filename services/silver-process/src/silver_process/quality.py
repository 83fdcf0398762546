"""Contract rules as columns of the pass that reads the events anyway: no extra scan, no rule in code."""

import re
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from shoplake_contracts.rules import Action, Rule

from silver_process.expressions import Parameter, bits, literal
from silver_process.faults import Fault

_COLUMNS: Mapping[str, Action] = {"_rules": "quarantine", "_flags": "warn", "_failed": "fail"}
# Quoted text first, so that a colon inside it is left alone; `::` is a cast.
_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|::|:([a-z_]+)")


def apply_rules(rows: DataFrame, rules: Sequence[Rule], parameters: Mapping[str, Parameter]) -> DataFrame:
    """Judge rows; a rule whose predicate is NULL passes.

    Args:
        rows: typed rows with `_envelope` and every column that the predicates name.
        rules: of the rows' table.
        parameters: values for the `:names` in predicates.

    Returns:
        The rows with three sets of bits: `_rules` (broken rules of action quarantine), `_flags` (warn) and `_failed`
        (fail); bit i is rule i of `acting`. A rule has nothing to say about an event that could not be read.

    Raises:
        KeyError: a predicate names a parameter that is not given.
    """
    masks = {
        column: bits([f"NOT ({predicate(rule.predicate, parameters)})" for rule in acting(rules, action)])
        for column, action in _COLUMNS.items()
    }
    return rows.selectExpr(
        "*", *(f"CASE WHEN _envelope IS NULL THEN {mask} ELSE 0L END AS {column}" for column, mask in masks.items())
    )


def acting(rules: Sequence[Rule], action: Action) -> list[Rule]:
    """The rules of one action, by name."""
    return sorted((rule for rule in rules if rule.action == action), key=lambda rule: rule.name)


def rule_faults(rules: Sequence[Rule]) -> list[Fault]:
    """What the bits of `_rules` mean."""
    return [
        Fault(rule.reason, rule.path, rule.message, rule.name, rule.version)
        for rule in acting(rules, "quarantine")
        if rule.reason is not None
    ]


def predicate(sql: str, parameters: Mapping[str, Parameter]) -> str:
    """A rule's predicate with its parameters as literals."""

    def replaced(match: re.Match[str]) -> str:
        return literal(parameters[match[1]]) if match[1] else match[0]

    return _TOKEN.sub(replaced, sql)
