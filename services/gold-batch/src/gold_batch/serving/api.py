"""The routes that serve gold."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from gold_batch.serving.formats import ARROW, rendered
from gold_batch.serving.models import Question, RowPage, TableList
from gold_batch.serving.view import GoldView

_FORMS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, ARROW: {}}}}


def tables_router(view: GoldView) -> APIRouter:
    """Gold's tables and their rows; read without Spark, so they answer while a run goes on."""
    router = APIRouter(prefix="/gold/tables", tags=["tables"])

    @router.get("", summary="The gold tables")
    def tables() -> TableList:
        """Each with its columns and their meaning, its newest snapshot and the silver position behind it."""
        return TableList(tables=view.tables())

    @router.get("/{name}", summary="Rows of a gold table", response_model=RowPage, responses=_FORMS)
    def rows(name: str, asked: Annotated[Question, Query()]) -> Response:
        """One page of rows: chosen days and columns, filtered, sorted, all pages of one snapshot."""
        return rendered(view.rows(name, asked), asked.format)

    return router
