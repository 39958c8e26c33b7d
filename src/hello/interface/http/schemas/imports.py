"""Imports and exports as they travel over HTTP."""

from pydantic import BaseModel, ConfigDict


class LineErrorResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    line: int
    message: str


class ImportResponse(BaseModel):
    """`errors` shows the first 100; lines are counted from 1."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "accepted": 2,
                "rejected": 1,
                "errors": [{"line": 3, "message": "dateOfBirth: must be YYYY-MM-DD"}],
            }
        },
    )

    accepted: int
    rejected: int
    errors: list[LineErrorResponse]
