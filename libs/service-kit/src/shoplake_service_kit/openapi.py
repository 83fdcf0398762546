"""Says in OpenAPI what is true of every route: any error is a problem, sent as application/problem+json."""

from typing import Any

from fastapi import FastAPI

from .problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/{model}"


def install_problem_schema(app: FastAPI) -> None:
    """Replace FastAPI's own idea of a validation error by the problem that is really answered."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents for changing its schema


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    answer = {
        "description": "The request was not carried out.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    problem = Problem.model_json_schema(ref_template=_REF)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    return document
