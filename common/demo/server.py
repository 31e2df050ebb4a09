"""The demo's page and its three requests, served on the loopback address alone.

``GET /tabs`` what is shown, ``POST /judge/TAB`` an input to its verdicts, ``GET /outlier/TAB`` an OOD input to show.
The page and all that it loads come from this folder; nothing is kept of what is sent.
"""

import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from common.base.errors import UserError
from common.demo.judged import JudgedModel

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"
PORT = 8765
STATIC = Path(__file__).parent / "static"
FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/recorder.js": ("recorder.js", "text/javascript"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def application(models: Mapping[str, JudgedModel], coming: Mapping[str, str] = MappingProxyType({})) -> "Starlette":
    """Return the application that shows these models, by the name of their tab.

    Both mappings may change while it runs: ``coming`` has the titles of the tabs whose models are not ready yet.

    Requests for another host, from another origin, of another type, or with a larger body than the tab takes are
    answered with 4xx.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    def tabs(request: "Request") -> "Response":
        waited_for = list(coming.values())  # before the models, so that one that is ready meanwhile is not missed
        return _json({"tabs": {name: _tab(model) for name, model in list(models.items())}, "coming": waited_for})

    async def judge(request: "Request") -> "Response":
        model = _model(models, request)
        _refuse_other_origin(request)
        body = await _body(request, model.exhibit.largest)
        try:
            return _json(model.answer(body))
        except ValueError as error:
            return _json({"error": str(error)}, 422)

    def outlier(request: "Request") -> "Response":
        name, body = _model(models, request).outlier(_number(request))
        return _bytes(body, {"X-Set": name.encode("ascii", "replace").decode()})

    def icon(request: "Request") -> "Response":  # browsers ask for one
        return _bytes(b"", {}, 204)

    routes = [Route(path, _file(*file)) for path, file in FILES.items()]
    routes += [
        Route("/favicon.ico", icon),
        Route("/tabs", tabs),
        Route("/judge/{tab}", judge, methods=["POST"]),
        Route("/outlier/{tab}", outlier),
    ]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])])


def serve(models: Mapping[str, JudgedModel], coming: Mapping[str, str]) -> None:
    """Serve the models, and those that come, until Ctrl-C; print the address: port 8765 or, if it is taken, a free one.

    Raises:
        UserError: the packages of the group ``demo`` are missing.
    """
    import uvicorn

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, PORT))
        except OSError:
            listener.bind((HOST, 0))
        listener.listen()  # whoever follows the address at once is kept waiting, not refused
        print(f"The demo is at http://{HOST}:{listener.getsockname()[1]} (Ctrl-C ends it)", flush=True)
        settings = uvicorn.Config(application(models, coming), log_level="warning", access_log=False)
        uvicorn.Server(settings).run(sockets=[listener])


def require_packages() -> None:
    """Raise ``UserError`` unless Starlette and uvicorn are installed."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UserError(f"--demo needs the package {error.name}; run: uv run --group demo run_all.py --demo") from error


def _tab(model: JudgedModel) -> dict[str, Any]:
    exhibit = model.exhibit
    return {
        "title": exhibit.title,
        "kind": exhibit.kind,
        "invitation": exhibit.invitation,
        "task": model.experiment.task.title,
        "histograms": model.histograms,
    }


def _model(models: Mapping[str, JudgedModel], request: "Request") -> JudgedModel:
    from starlette.exceptions import HTTPException

    if request.path_params["tab"] not in models:
        raise HTTPException(404, "there is no such tab")
    return models[request.path_params["tab"]]


def _number(request: "Request") -> int:
    from starlette.exceptions import HTTPException

    text = request.query_params.get("number", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise HTTPException(400, "number must be a whole number below 10^9")
    return int(text)


def _refuse_other_origin(request: "Request") -> None:
    """Refuse what another site's page sends: its type of body needs no permission, but it names its origin."""
    from starlette.exceptions import HTTPException

    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{request.headers.get('host')}":
        raise HTTPException(403, "only this page may ask")
    if request.headers.get("content-type") != "application/octet-stream":
        raise HTTPException(415, "the body must be application/octet-stream")


async def _body(request: "Request", largest: int) -> bytes:
    """Return the body, and stop reading where it is larger than it may be, whatever length it claims."""
    from starlette.exceptions import HTTPException

    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise HTTPException(413, f"at most {largest} bytes are taken")
        parts.append(part)
    return b"".join(parts)


def _file(name: str, kind: str) -> Any:
    from starlette.responses import Response

    content = (STATIC / name).read_bytes()

    def get(request: "Request") -> Response:
        return Response(content, media_type=kind, headers=HEADERS)

    return get


def _json(content: Any, status: int = 200) -> "Response":
    from starlette.responses import JSONResponse

    return JSONResponse(content, status, HEADERS)


def _bytes(content: bytes, headers: Mapping[str, str], status: int = 200) -> "Response":
    from starlette.responses import Response

    return Response(content, status, media_type="application/octet-stream", headers={**HEADERS, **headers})
