"""Talks to the services of a stack over their control API: the command line knows nothing of them but HTTP."""

from collections.abc import Mapping
from typing import Any

import httpx
from shoplake_contracts.errors import RequestError, ShoplakeError, StackNotRunning

from shoplake_cli.stack.ports import Ports
from shoplake_cli.stack.services import HEALTH, Service

TIMEOUT = 10.0


class ServiceDown(StackNotRunning):
    """A service of the stack does not answer."""

    code = "service_down"
    remedy = "shoplake status shows the stack; the service's log is in the home's logs folder."


class Client:
    """The services of one stack, by their ports."""

    def __init__(self, ports: Ports, *, timeout: float = TIMEOUT, transport: httpx.BaseTransport | None = None) -> None:
        self._ports = ports
        # No proxy of the environment: the stack is on loopback.
        self._http = httpx.Client(timeout=timeout, transport=transport, trust_env=False)

    def get(self, service: Service, path: str) -> dict[str, Any]:
        """GET a path of a service.

        Raises:
            ServiceDown: it does not answer.
            RequestError: it refused; carries the sentence and the remedy of its answer.
        """
        return self._ask("GET", service, path, None)

    def post(self, service: Service, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """POST to a path of a service; raises as `get` does."""
        return self._ask("POST", service, path, body or {})

    def put(self, service: Service, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """PUT to a path of a service; raises as `get` does."""
        return self._ask("PUT", service, path, body)

    def delete(self, service: Service, path: str) -> dict[str, Any]:
        """DELETE a path of a service; raises as `get` does."""
        return self._ask("DELETE", service, path, None)

    def status(self, service: Service) -> dict[str, Any]:
        """State, config, error and details of a service."""
        return self.get(service, f"{service.prefix}/status")

    def control(self, service: Service, verb: str, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """start, stop, pause, resume or restart; answers with the status."""
        return self.post(service, f"{service.prefix}/{verb}", config)

    def accounting(self) -> dict[str, Any]:
        """The equation: `total`, `topics`, `tables`."""
        return self.get(HEALTH, "/health/accounting")

    def lag(self) -> dict[str, Any]:
        """Position and distance of each stage, and the broker's `end`."""
        return self.get(HEALTH, "/health/lag")

    def pipeline(self) -> dict[str, Any]:
        """State and error of every service."""
        return self.get(HEALTH, "/health/pipeline")

    def state(self, service: Service) -> str:
        """The control API's state, or `down`."""
        try:
            return str(self.status(service)["state"])
        except ShoplakeError:
            return "down"

    def is_up(self, service: Service, probe: str) -> bool:
        """Whether `/livez` or `/readyz` says yes."""
        try:
            return self._http.get(service.url(self._ports) + probe).is_success
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def _ask(self, method: str, service: Service, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._http.request(method, service.url(self._ports) + path, json=body)
        except httpx.HTTPError as error:
            raise ServiceDown(f"{service.name} does not answer at {service.url(self._ports)}: {error}") from error
        content = _content(answer)
        if answer.is_error:
            detail = content.get("detail") or content.get("title") or f"HTTP {answer.status_code}"
            raise RequestError(f"{service.name}: {detail}{_faults(content)}", remedy=content.get("remedy"))
        return content


def _content(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _faults(problem: Mapping[str, Any]) -> str:
    """The fields at fault, if the answer names any, to go on a sentence."""
    return "".join(f" {fault['field']}: {fault['message']}." for fault in problem.get("errors") or ())
