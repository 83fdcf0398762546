"""Cursors survive the way there and back, and anything else is refused."""

import base64

import pytest
from shoplake_contracts.errors import InvalidRequest
from shoplake_service_kit import cursor


@pytest.mark.parametrize("place", [[], [1], [2**62, "ä/?=&", None], [["a"], {"b": 1}]])
def test_there_and_back(place: list[object]) -> None:
    word = cursor.encode(place)
    assert word.replace("-", "").replace("_", "").isalnum() or not word
    assert cursor.decode(word) == place


@pytest.mark.parametrize("text", ["", "nonsense", "ä", "e30", base64.urlsafe_b64encode(b"\xff\xfe").decode()])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not one of a page"):
        cursor.decode(text)
