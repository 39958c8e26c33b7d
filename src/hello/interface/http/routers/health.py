"""Whether the process lives, whether it can work, and what it has measured."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from hello.interface.http.dependencies import Health
from hello.interface.http.problems import problems
from hello.interface.http.schemas.health import LivenessResponse, ReadinessResponse, VersionResponse
from hello.interface.http.serving.exposition import exposition
from hello.services.health import Readiness

UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE
SAMPLE = 'http_request_duration_seconds_count{method="GET",route="/hello/{username}",status="200"} 3.0\n'
TEXT = {"schema": {"type": "string"}, "example": SAMPLE}
METRICS = dict.fromkeys(("text/plain", "application/openmetrics-text"), TEXT)
router, metrics = APIRouter(tags=["health"]), APIRouter(tags=["health"])


@router.get("/api/v1/health", operation_id="readLiveness", responses=problems())
async def read_liveness() -> LivenessResponse:
    """Answer as long as the process lives; touches nothing outside of it."""
    return LivenessResponse()


@router.get(
    "/api/v1/health/ready",
    response_model_exclude_none=True,
    operation_id="readReadiness",
    responses={UNAVAILABLE: {"model": ReadinessResponse, "description": "Not fit for requests"}} | problems(),
)
async def read_readiness(health: Health, response: Response) -> ReadinessResponse:
    """Say whether requests may be sent here: not while the database is away or the process shuts down."""
    report = await health.ready()
    if report.status is Readiness.UNREADY:
        response.status_code = UNAVAILABLE
    return ReadinessResponse.of(report)


@router.get("/version", operation_id="readVersion", responses=problems())
async def read_version(request: Request) -> VersionResponse:
    """Say what runs: the version, the commit it was built from, and the schema that it needs."""
    build = request.app.state.build
    return VersionResponse(version=build.version, commit=build.commit, schema_revision=build.schema_revision)


@metrics.get(
    "/metrics",
    operation_id="readMetrics",
    response_class=Response,
    responses={HTTPStatus.OK: {"content": METRICS}} | problems(),
)
async def read_metrics(request: Request) -> Response:
    """Tell Prometheus what has been measured, as text or, with exemplars, as OpenMetrics."""
    accept = request.headers.get("Accept", "")
    body, media_type = await asyncio.to_thread(exposition, request.app.state.registry, accept)
    return Response(body, media_type=media_type)
