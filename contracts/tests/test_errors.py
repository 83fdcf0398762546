"""The error tree: a code is stable, unique and leads to help."""

import re

import pytest
from shoplake_contracts import errors
from shoplake_contracts.data import root
from shoplake_contracts.errors import Refusal, ShoplakeError


def leaves(base: type[ShoplakeError]) -> list[type[ShoplakeError]]:
    # Packages may refine an error for their own use; the tree that is promised is this package's.
    children = [child for child in base.__subclasses__() if child.__module__.startswith(errors.__name__)]
    return [leaf for child in children for leaf in (leaves(child) or [child])]


ALL = pytest.mark.parametrize("error", leaves(ShoplakeError), ids=lambda error: error.__name__)


def test_codes_are_unique() -> None:
    codes = [error.code for error in leaves(ShoplakeError)]
    assert sorted(codes) == sorted(set(codes))
    assert ShoplakeError.code not in codes


def test_the_docstring_s_tree_is_the_tree() -> None:
    drawn = dict(re.findall(r"── (\w+) +(\w+)$", errors.__doc__ or "", re.MULTILINE))
    assert drawn == {error.__name__: error.code for error in leaves(ShoplakeError)}


@ALL
def test_an_error_says_what_to_do(error: type[ShoplakeError]) -> None:
    assert error.__doc__
    assert error.remedy != ShoplakeError.remedy
    assert 400 <= error.status < 600
    pages = re.findall(r"docs/[\w/-]+\.md", error.remedy)
    assert [page for page in pages if not (root().parent / page).is_file()] == []


@pytest.mark.parametrize("refusal", leaves(Refusal), ids=lambda refusal: refusal.__name__)
def test_a_refusal_leads_to_its_page(refusal: type[Refusal]) -> None:
    page = f"docs/operations/{refusal.code.replace('_', '-')}.md"
    assert page in refusal.remedy
    assert (root().parent / page).read_text().startswith(f"# {refusal.code}: ")


def test_advice_can_be_given_for_the_case_at_hand() -> None:
    assert errors.NotFound("no such run").advice == errors.NotFound.remedy
    assert errors.NotFound("no such run", remedy="GET /gold/runs").advice == "GET /gold/runs"
