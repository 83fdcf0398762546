"""Whether a line is one for a rule."""

from collections.abc import Callable
from typing import Any

from .lines import Line, Typed
from .mapping import Condition, Rule

Test = Callable[[Typed], bool]

_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "empty": lambda value, wanted: (value is None) is wanted,
    "starts_with": lambda value, wanted: value is not None and value.startswith(wanted),
    "starts_without": lambda value, wanted: value is None or not value.startswith(wanted),
    "below": lambda value, wanted: value is not None and value < wanted,
    "above": lambda value, wanted: value is not None and value > wanted,
    "at_least": lambda value, wanted: value is not None and value >= wanted,
    "at_most": lambda value, wanted: value is not None and value <= wanted,
}


class Conditions:
    """The `when` of one rule; one that says nothing takes every line."""

    def __init__(self, rule: Rule) -> None:
        self._tests = [(name, test) for name, condition in rule.when.items() for test in _tests_of(condition)]

    def hold(self, line: Line) -> bool:
        """Whether all of them do."""
        return all(test(line.values[name]) for name, test in self._tests)


def _tests_of(condition: Condition) -> list[Test]:
    asked = {name: getattr(condition, name) for name in _TESTS if getattr(condition, name) is not None}
    return [_test(_TESTS[name], wanted) for name, wanted in asked.items()]


def _test(test: Callable[[Any, Any], bool], wanted: object) -> Test:
    return lambda value: test(value, wanted)
