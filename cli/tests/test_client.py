"""The services' answers, good and bad, as values and as errors with a remedy."""

import httpx
import pytest
from shoplake_cli.client import Client, ServiceDown
from shoplake_cli.replaying import set_base_currency
from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.services import BRONZE, GENERATOR
from shoplake_contracts.errors import RequestError

PROBLEM = {
    "type": "urn:shoplake:error:config_differs",
    "title": "The service runs with another config.",
    "status": 409,
    "detail": "The service is RUNNING with another config.",
    "code": "config_differs",
    "remedy": "Stop it first, or change the config with PUT …/config.",
}


def client(*answers: httpx.Response | Exception) -> tuple[Client, list[httpx.Request]]:
    left, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        following = left.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    return Client(Ports(), transport=httpx.MockTransport(answer)), asked


def test_control_posts_to_the_services_own_prefix_and_port() -> None:
    ask, asked = client(httpx.Response(200, json={"state": "RUNNING"}))
    assert ask.control(GENERATOR, "start", {"rate": 5})["state"] == "RUNNING"
    assert str(asked[0].url) == "http://127.0.0.1:8101/generator/start"
    assert asked[0].content == b'{"rate":5}'


def test_a_problem_becomes_its_sentence_and_remedy() -> None:
    ask, _ = client(httpx.Response(409, json=PROBLEM, headers={"content-type": "application/problem+json"}))
    with pytest.raises(RequestError, match="generator: The service is RUNNING with another config") as refused:
        ask.control(GENERATOR, "start", {"rate": 5})
    assert refused.value.advice == PROBLEM["remedy"]


def test_a_problem_names_the_fields_at_fault() -> None:
    errors = [{"field": "body", "message": "Value error, there is no scenario sale; there are: holiday"}]
    ask, _ = client(httpx.Response(422, json={"detail": "The request does not fit: body.", "errors": errors}))
    with pytest.raises(RequestError) as refused:
        ask.control(GENERATOR, "start", {"scenario": "sale"})
    assert refused.value.message == (
        "generator: The request does not fit: body. body: Value error, there is no scenario sale; there are: holiday."
    )


def test_an_answer_that_is_no_problem_document_is_still_an_error() -> None:
    ask, _ = client(httpx.Response(502, text="<html>"))
    with pytest.raises(RequestError, match="HTTP 502"):
        ask.accounting()


def test_no_answer_is_down() -> None:
    ask, _ = client(httpx.ConnectError("refused"), httpx.ConnectError("refused"), httpx.ConnectError("refused"))
    with pytest.raises(ServiceDown, match=r"bronze-ingest does not answer at http://127\.0\.0\.1:8102"):
        ask.status(BRONZE)
    assert ask.state(BRONZE) == "down"
    assert not ask.is_up(BRONZE, "/livez")


def test_the_base_currency_is_changed_and_the_rest_of_golds_config_is_not() -> None:
    config = {"interval_seconds": 3.0, "base_currency": None}
    ask, asked = client(httpx.Response(200, json=config), httpx.Response(200, json={"state": "STOPPING"}))
    set_base_currency(ask, "GBP")
    assert (asked[1].method, asked[1].url.path) == ("PUT", "/gold/config")
    assert asked[1].content == b'{"interval_seconds":3.0,"base_currency":"GBP"}'
