"""Health as JSON."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hello.services.health import Health, Readiness


class VersionResponse(BaseModel):
    """What runs; the schema is the one that the code needs. A commit that was not given is `unknown`."""

    model_config = ConfigDict(
        serialize_by_alias=True,
        json_schema_extra={"example": {"version": "0.1.0", "commit": "1f4dc66", "schema": "0016"}},
    )

    version: str
    commit: str
    schema_revision: str = Field(serialization_alias="schema")


class LivenessResponse(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"status": "ok"}})

    status: Literal["ok"] = "ok"


class CheckResponse(BaseModel):
    status: Literal["up", "down"]
    latency_ms: float
    reason: str | None = None


class ReadinessResponse(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"status": "ready", "checks": {"database": {"status": "up", "latency_ms": 0.7}}}
        }
    )

    status: Readiness
    checks: dict[str, CheckResponse]

    @classmethod
    def of(cls, health: Health) -> "ReadinessResponse":
        checks = {
            check.name: CheckResponse(
                status="up" if check.up else "down", latency_ms=check.latency_ms, reason=check.reason
            )
            for check in health.checks
        }
        return cls(status=health.status, checks=checks)
