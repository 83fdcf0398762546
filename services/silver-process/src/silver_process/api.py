"""Silver's routes beyond the kit's: what is in quarantine."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from shoplake_service_kit.security import Role, require

from silver_process.quarantine_models import Filter, Page, PageFilter, Summary
from silver_process.quarantine_view import QuarantineView


def quarantine_router(view: QuarantineView) -> APIRouter:
    """What is in quarantine; read without Spark, so it answers while a batch runs."""
    router = APIRouter(prefix="/silver/quarantine", tags=["quarantine"])

    @router.get("", summary="Quarantined events, newest first")
    def events(wanted: Annotated[PageFilter, Query()], _: Annotated[None, Depends(_may_see_payloads)]) -> Page:
        """One page of them with reason, everything found wrong, and status; payloads only with `include=value`."""
        return view.page(wanted)

    @router.get("/summary", summary="How many events are in quarantine, and why")
    def summary(wanted: Annotated[Filter, Query()]) -> Summary:
        """Numbers by reason, event type, status and day (UTC) on which they were first seen."""
        return view.summary(wanted)

    return router


def _may_see_payloads(request: Request) -> None:
    """Payloads are people's: whoever asks for them needs the role that may act on them."""
    if "include" in request.query_params:
        require(Role.OPERATOR)(request)
