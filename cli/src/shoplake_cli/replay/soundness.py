"""Whether a mapping can work at all: found on loading with the place named, not in the millionth row."""

from collections.abc import Iterator
from collections.abc import Mapping as Map

from shoplake_contracts import events as contract
from shoplake_contracts import topics

from .mapping import Column, Mapping, Rule, Value

MADE_HERE = frozenset({"event_id", "event_type", "event_version", "timestamp", "user_id", "anonymous_id"})
VISITOR = {"$ref": "#/$defs/visitor"}
NUMBERS = ("below", "above", "at_least", "at_most")
TEXTS = ("equals", "starts_with", "starts_without")


def faults(mapping: Mapping) -> list[str]:
    """What contradicts itself or the contract, each as `place: sentence`; none in a sound mapping."""
    columns = _Columns(mapping)
    found = [*_of_the_whole(mapping, columns)]
    for index, rule in enumerate(mapping.rules):
        place = f"rules.{index} ({rule.event})"
        found += [*_of_reading(rule, columns, place), *_of_grouping(rule, mapping, place), *_of_event(rule, place)]
    return found


class _Columns:
    """What is known of each name a rule may use."""

    def __init__(self, mapping: Mapping) -> None:
        self._columns = {column.name: column for column in mapping.columns}
        self._products = mapping.products.keys()
        self._ratios = mapping.ratios.keys()

    def column(self, name: str) -> Column | None:
        return self._columns.get(name)

    def unknown(self, name: str) -> str | None:
        known = name in self._columns or name in self._products or name in self._ratios
        return None if known else f"there is no column {name}"

    def no_number(self, name: str) -> str | None:
        column = self._columns.get(name)
        is_text = column is not None and column.type not in ("integer", "money")
        return self.unknown(name) or (f"{name} is no number" if is_text else None)

    def not_always_a_number(self, name: str) -> str | None:
        """Why one cannot calculate with it: a ratio may be null, and so may an optional column."""
        column = self._columns.get(name)
        may_be_null = name in self._ratios or (column is not None and column.optional)
        return self.no_number(name) or (f"{name} may be null" if may_be_null else None)


def _of_the_whole(mapping: Mapping, columns: _Columns) -> Iterator[str]:
    names = [*(column.name for column in mapping.columns), *mapping.products, *mapping.ratios]
    yield from (f"columns: {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    for kind, pairs in (("products", mapping.products), ("ratios", mapping.ratios)):
        for name, pair in pairs.items():
            faulty = (columns.not_always_a_number(one) for one in pair)
            yield from (f"{kind}.{name}: {fault}" for fault in faulty if fault)
    time = columns.column(mapping.time)
    if time is None or time.type != "time" or time.optional:
        yield f"time: {mapping.time} is no column of type time that is never empty"
    for name in mapping.group.by if mapping.group else ():
        if fault := columns.unknown(name):
            yield f"group.by: {fault}"
    user, guest = columns.column(mapping.visitor.user), columns.column(mapping.visitor.guest or "")
    if user is None:
        yield f"visitor.user: there is no column {mapping.visitor.user}"
    elif (user.optional or mapping.visitor.guest) and (guest is None or guest.optional):
        yield "visitor.guest: name a column that is never empty, as the user may be"


def _of_reading(rule: Rule, columns: _Columns, place: str) -> Iterator[str]:
    for name, condition in rule.when.items():
        column = columns.column(name)
        asked = condition.model_fields_set
        fault = columns.no_number(name) if asked & {*NUMBERS} else columns.unknown(name)
        if not fault and asked & {*TEXTS} and (column is None or column.type != "text"):
            fault = f"{name} is no text"
        if fault:
            yield f"{place}.when.{name}: {fault}"
    for path, value in [*_values(rule.fields, "fields"), *_values(rule.items or {}, "items")]:
        source = value.sum or value.column
        check = columns.not_always_a_number if value.sum or value.negate else columns.unknown
        if source and (fault := check(source)):
            yield f"{place}.{path}: {fault}"
    for name in rule.group.by if rule.group else ():
        if fault := columns.unknown(name):
            yield f"{place}.group.by: {fault}"


def _of_grouping(rule: Rule, mapping: Mapping, place: str) -> Iterator[str]:
    if rule.group and mapping.group:
        yield f"{place}.group: all lines are gathered already, by the group of the whole mapping"
    if rule.group and rule.each == "line":
        yield f"{place}.group: only a rule with each: group gathers lines"
    if rule.each == "group" and not (rule.group or mapping.group):
        yield f"{place}.each: there is no group; name one here or for the whole mapping"


def _of_event(rule: Rule, place: str) -> Iterator[str]:
    known = rule.event in contract.event_types()
    if rule.topic is None and not known:
        yield f"{place}.event: the contract has no {rule.event}; name a topic for it, such as raw-events"
    if rule.topic is not None and rule.topic not in topics.event_topics():
        yield f"{place}.topic: {rule.topic} is no topic for events"
    made = {*rule.fields, *MADE_HERE, *(("items",) if rule.items is not None else ())}
    if known:
        yield from (f"{place}: {name} is missing" for name in sorted(contract.required(rule.event) - made))
    if not rule.visitor and known and VISITOR in contract.schema(rule.event)["allOf"]:
        yield f"{place}.visitor: somebody does a {rule.event}; say true"
    if not rule.visitor and rule.key is None:
        yield f"{place}.key: without a visitor, name the field that is the message key"
    if rule.key is not None and rule.key not in rule.fields:
        yield f"{place}.key: there is no field {rule.key}"
    if rule.positive is not None and (rule.positive not in rule.fields or rule.fields[rule.positive].sum is None):
        yield f"{place}.positive: {rule.positive} is no field that is a sum"


def _values(fields: Map[str, Value], path: str) -> Iterator[tuple[str, Value]]:
    for name, value in fields.items():
        yield f"{path}.{name}", value
        yield from _values(value.fields or {}, f"{path}.{name}")
