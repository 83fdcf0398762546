"""The passport's routes: by the event's id, and by its address."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from health.passport.address import Address
from health.passport.lookup import Lookup

EventId = Annotated[str, Path(min_length=1, max_length=64, description="As the producer gave it; 1 to 64 characters.")]


def passport_router(lookup: Lookup) -> APIRouter:
    """`GET /health/events/{event_id}` and `GET /health/events?topic=…&partition=…&offset=…&epoch=0`."""
    router = APIRouter(prefix="/health/events", tags=["health"])

    @router.get("", summary="The passport of the event at an address")
    def by_address(address: Annotated[Address, Query()]) -> dict[str, Any]:
        return lookup.by_address(address)

    # An id is any text: a slash in it is no new path.
    @router.get("/{event_id:path}", summary="The passports of every event with an id")
    def by_id(event_id: EventId) -> dict[str, Any]:
        return lookup.by_id(event_id)

    return router
