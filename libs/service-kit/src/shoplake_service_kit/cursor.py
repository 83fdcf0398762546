"""A place in a paged collection as one word for a URL; opaque to callers, so that it may change."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from shoplake_contracts.errors import InvalidRequest


def encode(place: Sequence[Any]) -> str:
    """JSON values as one word."""
    return base64.urlsafe_b64encode(json.dumps(list(place)).encode()).decode().rstrip("=")


def decode(text: str) -> list[Any]:
    """Read what `encode` wrote; what is in it is the caller's to check.

    Raises:
        InvalidRequest: it is something else.
    """
    try:
        place = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise not_of_this() from error
    if not isinstance(place, list):
        raise not_of_this()
    return place


def not_of_this() -> InvalidRequest:
    """The error for a cursor that cannot belong to the collection it is used on."""
    return InvalidRequest(
        "The cursor is not one of a page of this collection.",
        remedy="Ask without cursor, then pass on `next` of the page before.",
    )
