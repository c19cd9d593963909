"""The HTTP service: RudderStack's routes, and a plain API of its own. ADD A ROUTE HERE: one row of `ROUTES`.

`pinterest-destination serve` runs it; docs/hosts/http.md tells how. Needs the extra `server`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import _http_plain as plain
from . import _http_playground as playground
from . import _http_rudderstack as rudderstack
from ._http_call import Answer, Call, Form, Handler, endpoint
from ._http_refused import Refused, plain_form, rudderstack_form

if TYPE_CHECKING:
    from ._http_service import Service


@frozen
class Row:
    """One route: where it is, who answers, and how errors are told there."""

    method: str
    path: str
    handler: Handler
    form: Form = plain_form


_files = playground.handed_out()

ROUTES = (
    Row("GET", "/", _files),
    Row("GET", "/playground/{name:path}", _files),
    Row("POST", "/v1/explain", playground.explain),
    Row("POST", "/v1/transform", plain.transform),
    Row("GET", "/openapi.json", plain.openapi()),
    Row("GET", "/health", plain.health),
    Row("GET", "/version", plain.version),
    Row("GET", "/buildVersion", plain.version),
    Row("GET", "/transformerBuildVersion", plain.version),
    Row("GET", "/features", rudderstack.features),
    Row("POST", "/routerTransform", rudderstack.route, rudderstack_form),
    Row("POST", "/batch", rudderstack.batch, rudderstack_form),
    Row("POST", "/v0/destinations/{destination}/proxy", rudderstack.deliver_v0, rudderstack_form),
    Row("POST", "/v1/destinations/{destination}/proxy", rudderstack.deliver_v1, rudderstack_form),
    Row("POST", "/{version}/destinations/{destination}", rudderstack.process, rudderstack_form),
)
"""Everything that is answered. The paths, as they stand here, are the labels of the metrics and the log."""

OTHER = "other"
"""The label of what is at no known path, whatever it is."""

LABELS = (*(row.path for row in ROUTES), OTHER)


def application(service: Service) -> Starlette:
    """Make the ASGI application of one worker process."""
    routes = [Route(row.path, endpoint(service, row.path, row.handler, row.form), methods=[row.method]) for row in ROUTES]
    astray = _astray(service)
    app = Starlette(routes=routes, exception_handlers={404: astray, 405: astray})
    app.router.redirect_slashes = False
    return app


def _astray(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Make what answers requests that no route is there for."""

    async def respond(request: Request, error: Exception) -> Response:
        allowed = error.headers if isinstance(error, HTTPException) and error.headers else {}

        async def refuse(call: Call) -> Answer:
            if allowed:
                raise Refused(405, "method_not_allowed", f"expected the method {allowed.get('Allow', '')}", headers=allowed)
            raise Refused(404, "not_found", "nothing is here; docs/hosts/http.md lists the routes")

        return await endpoint(service, OTHER, refuse, plain_form)(request)

    return respond
