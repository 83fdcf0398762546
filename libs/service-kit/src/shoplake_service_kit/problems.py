"""Errors on the wire: RFC 9457 problem details with a stable type, a sentence on what happened and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from shoplake_contracts.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    RunInProgress,
    ShoplakeError,
    Unauthorized,
)
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger()


class FieldFault(BaseModel):
    """One field of the request that does not fit."""

    field: str = Field(description="Dotted path of the field; `body` for the body as a whole.")
    message: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(description="urn:shoplake:error:<code>; the same for ever.")
    title: str = Field(description="The kind of error in one sentence, the same for every occurrence.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened this time.")
    code: str = Field(description="The stable error code.")
    remedy: str = Field(description="What to do about it.")
    errors: list[FieldFault] | None = Field(default=None, description="The fields at fault, if any are.")


def problem(error: ShoplakeError, errors: Sequence[FieldFault] = ()) -> Problem:
    """The problem that tells of an error of the tree."""
    return Problem(
        type=f"urn:shoplake:error:{error.code}",
        title=(type(error).__doc__ or "").split("\n", 1)[0],
        status=error.status,
        detail=error.message,
        code=error.code,
        remedy=error.advice,
        errors=list(errors) or None,
    )


def problem_response(error: ShoplakeError, errors: Sequence[FieldFault] = ()) -> JSONResponse:
    """The answer that carries the problem; it is an ASGI application, so that middleware can send it too."""
    return _response(problem(error, errors), _headers(error))


def _headers(error: ShoplakeError) -> dict[str, str] | None:
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": "Bearer"}
    return {"Location": error.location} if isinstance(error, RunInProgress) else None


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error that leaves a route a problem."""
    app.add_exception_handler(ShoplakeError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _response(body: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    content = body.model_dump(exclude_none=True)
    return JSONResponse(content, body.status, headers=headers, media_type=MEDIA_TYPE)


async def _known(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ShoplakeError):
        raise error
    return problem_response(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [FieldFault(field=_path(fault["loc"]), message=str(fault["msg"])) for fault in error.errors()]
    named = ", ".join(sorted({fault.field for fault in faults}))
    return problem_response(InvalidRequest(f"The request does not fit: {named}."), faults)


async def _http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kinds: dict[int, ShoplakeError] = {
        HTTPStatus.NOT_FOUND: NotFound("There is no such path here."),
        HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed("This path does not answer to that method."),
        HTTPStatus.BAD_REQUEST: InvalidRequest(str(error.detail)),
    }
    if error.status_code in kinds:
        body = problem(kinds[error.status_code])
    else:
        title = HTTPStatus(error.status_code).phrase
        body = Problem(
            type="about:blank",
            title=title,
            status=error.status_code,
            detail=str(error.detail),
            code=f"http_{error.status_code}",
            remedy=NotFound.remedy,
        )
    return _response(body, error.headers)


async def _unexpected(_: Request, __: Exception) -> JSONResponse:
    # The traceback goes to the log (the server writes it); an answer with details would tell a stranger our insides.
    return problem_response(ShoplakeError("Something went wrong that nobody foresaw."))


def _path(location: Sequence[Any]) -> str:
    return ".".join(str(part) for part in location[1:]) or "body"
