"""Health's routes beyond the control API: is it up, is it late, is anything missing."""

from typing import Any

from fastapi import APIRouter

from health.probes.peers import authorization, statuses, worst
from health.settings import Settings
from health.watch import Watch


def health_router(watch: Watch, settings: Settings) -> APIRouter:
    """`GET /health/pipeline`, `/health/lag` and `/health/accounting`."""
    headers = authorization(settings.token_file)
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/pipeline", summary="State of every service")
    async def pipeline() -> dict[str, Any]:
        services = await statuses(settings.peers(), headers)
        return {"pipeline": worst(services), "services": services}

    @router.get("/lag", summary="How far each stage is behind the broker, in events and seconds")
    def lag() -> dict[str, Any]:
        seen = watch.observe()
        stages = {stage: found.to_dict() for stage, found in seen.lags().items()}
        return {"at": seen.at.isoformat(), "end": dict(seen.end), "stages": stages}

    @router.get("/accounting", summary="The equation: produced = bronze = silver + quarantine + duplicates")
    def accounting() -> dict[str, Any]:
        seen = watch.observe()
        return {"at": seen.at.isoformat(), **seen.accounting().to_dict()}

    return router
