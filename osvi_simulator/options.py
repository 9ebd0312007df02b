"""What can be changed about a running simulator."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_TOKEN = "simulator-token0"  # noqa: S105  # 16 characters, as the vendor's; guards nothing


class Options(BaseModel):
    """`speed` divides the seconds of a call's life; `slow_seconds` is real time, as a client's time-out is.

    `latency_ms` holds every answer under /v1 back; `down` answers 503 to everything under /v1.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(min_length=1)] = DEFAULT_TOKEN
    speed: Annotated[float, Field(gt=0)] = 1.0
    latency_ms: Annotated[float, Field(ge=0)] = 0.0
    slow_seconds: Annotated[float, Field(ge=0)] = 60.0
    down: bool = False
