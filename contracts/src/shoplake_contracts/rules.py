"""Quality rules: what a row must fulfil beyond its types, as Spark SQL that silver compiles into its one pass.

One file per table, `rules/<table>.yaml`:

    table: silver.purchases
    extends: [event, visitor]         # rule groups of rules/groups/<group>.yaml, before `rules`
    rules:
      - name: purchases_total_not_negative
        dimension: validity           # completeness | validity | uniqueness | timeliness | consistency
        predicate: total_amount >= 0  # TRUE = fulfilled, NULL = passes; columns of the table and kafka_timestamp
        action: quarantine            # warn (keep and flag) | quarantine | fail (stop the stage)
        reason: out_of_range          # of reasons.Reason; only and always with quarantine
        path: total_amount            # where in the payload
        message: a total is not negative
        version: 1                    # rises when the predicate changes
        since: 0.1.0                  # the release that brought it

A predicate may use named parameters, `:oldest_event` (a date, SHOPLAKE_OLDEST_EVENT); `PARAMETERS` lists them all.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from shoplake_contracts.data import ContractError, check_keys, read_yaml, root
from shoplake_contracts.reasons import Reason

Action = Literal["warn", "quarantine", "fail"]
Dimension = Literal["completeness", "validity", "uniqueness", "timeliness", "consistency"]
PARAMETERS = frozenset({"oldest_event"})
_REQUIRED = {"name", "dimension", "predicate", "action", "path", "message", "version", "since"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: unique within its table; a metric label and an entry of `quality_flags`.
        dimension: the quality dimension it counts for.
        predicate: Spark SQL over the table's columns; NULL passes.
        action: what happens to a row that breaks it.
        reason: why the row is in quarantine; None unless the action is quarantine.
        path: where in the payload.
        message: a sentence on what is expected, without values of the event.
        version: of the predicate.
        since: the release that brought it.
    """

    name: str
    dimension: Dimension
    predicate: str
    action: Action
    reason: Reason | None
    path: str
    message: str
    version: int
    since: str


@cache
def load(table: str) -> tuple[Rule, ...]:
    """The rules of a table; none when it has no file.

    Raises:
        ContractError: a file is malformed.
    """
    path = root() / "rules" / f"{table}.yaml"
    if not path.is_file():
        return ()
    content = read_yaml(path)
    check_keys(path, content, required={"table", "rules"}, optional=frozenset({"extends"}))
    groups = [root() / "rules" / "groups" / f"{name}.yaml" for name in content.get("extends", ())]
    listed = [(group, entry) for group in groups for entry in read_yaml(group)["rules"]]
    rules = tuple(_rule(source, entry) for source, entry in [*listed, *((path, entry) for entry in content["rules"])])
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise ContractError(f"{path}: a rule's name comes twice")
    return rules


def _rule(path: Path, entry: dict[str, Any]) -> Rule:
    check_keys(path, entry, required=_REQUIRED, optional=frozenset({"reason"}))
    if entry["action"] not in get_args(Action) or entry["dimension"] not in get_args(Dimension):
        raise ContractError(f"{path}: {entry['name']} has an unknown action or dimension")
    if (entry["action"] == "quarantine") != ("reason" in entry):
        raise ContractError(f"{path}: {entry['name']}: a reason belongs to quarantine, and quarantine needs one")
    return Rule(
        name=entry["name"],
        dimension=entry["dimension"],
        predicate=" ".join(entry["predicate"].split()),
        action=entry["action"],
        reason=Reason(entry["reason"]) if "reason" in entry else None,
        path=entry["path"],
        message=entry["message"],
        version=entry["version"],
        since=entry["since"],
    )
