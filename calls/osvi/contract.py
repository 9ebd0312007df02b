"""The OSVI API as typed models: THE one place where a limit of the API is written.

Source: the vendor's OpenAPI document for `POST /v1/call`; error envelopes, do-not-call numbers and campaigns from
the vendor's pages.
Model validators, form limits, the client's check before sending and the simulator all derive from here.
`manage.py print_contract` prints it as JSON Schema.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

CALL_PATH = "/v1/call"
DND_PATH = "/v1/dnd_numbers"
CAMPAIGNS_PATH = "/v1/campaigns"


def is_country(code: str) -> bool:
    """Tell whether `code` is an ISO 3166-1 alpha-2 country, in capitals, that has telephone numbers."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _known_country(code: str) -> str:
    if not is_country(code):
        raise ValueError("country_code must be an ISO 3166-1 alpha-2 code such as IN")
    return code


def _address_with_host(url: str) -> str:
    if not url.isprintable() or " " in url:
        raise ValueError("webhook_url must not contain blanks or control characters")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("webhook_url must be an http or https address with a host")
    return url


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("description must not be empty")
    return text


def _some_number(phone: str) -> str:
    if not phone.strip():
        raise ValueError("phone must not be empty")
    return phone


class ContractModel(BaseModel):
    """Strict: the API takes JSON types as they are, "300" is not 300."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class RetryConfig(ContractModel):
    """Automatic retries when a call is not answered; None means the agent's default."""

    enabled: bool | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10)] | None = None
    interval_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None


class CallConfigOverrides(ContractModel):
    """Settings for one call; None means the agent's default."""

    max_call_duration_seconds: Annotated[int, Field(ge=30, le=1800)] | None = None
    enable_callback: bool | None = None
    retry_config: RetryConfig | None = None


class DataPoint(ContractModel):
    """One thing the agent should find out during the conversation."""

    key: str | None = None
    description: Annotated[str, Field(min_length=1), AfterValidator(_not_blank)]
    required: bool | None = None
    output_format: str | None = None


class CallRequest(ContractModel):
    """Body of `POST /v1/call`. `phone_number` is national digits, `country_code` the ISO country."""

    agent_uuid: Annotated[str, Field(min_length=1)]
    phone_number: Annotated[str, Field(pattern=r"^[0-9]+$")]
    country_code: Annotated[str, AfterValidator(_known_country)]
    system_prompt: str | None = None
    webhook_url: (
        Annotated[str, AfterValidator(_address_with_host), Field(json_schema_extra={"format": "uri"})] | None
    ) = None
    person_name: str | None = None
    additional_data: dict[str, JsonValue] | None = None
    initial_greeting: Annotated[str, Field(max_length=2000)] | None = None
    call_config_overrides: CallConfigOverrides | None = None
    data_extraction: list[DataPoint] | None = None

    @model_validator(mode="after")
    def _plausible_number(self) -> Self:
        try:
            number = phonenumbers.parse(self.phone_number, self.country_code)
        except phonenumbers.NumberParseException as error:
            raise ValueError("phone_number is not a telephone number") from error
        if not phonenumbers.is_possible_number(number):
            raise ValueError("phone_number is not plausible for country_code")
        return self

    def body(self) -> dict[str, Any]:
        """Return the JSON body: fields that mean "the agent's default" are left out, never null or empty."""
        return self.model_dump(mode="json", exclude_none=True)


class AcceptedCall(ContractModel):
    call_id: Annotated[str, Field(min_length=1)]


class CallResponse(ContractModel):
    """The 200 answer of `POST /v1/call`: accepted, placed asynchronously."""

    success: bool
    data: AcceptedCall


class ErrorResponse(ContractModel):
    """The 400, 401 and 403 answers of `POST /v1/call`; 401 has no `details`."""

    success: bool = False
    error: str
    details: dict[str, JsonValue] | None = None


class DndEntry(ContractModel):
    """Body of `POST /v1/dnd_numbers`: this agent must not call `phone`. Send E.164; Indian forms are taken, too."""

    model_config = ConfigDict(hide_input_in_errors=True)

    agent_uuid: Annotated[str, Field(min_length=1)]
    phone: Annotated[str, Field(min_length=1), AfterValidator(_some_number), Field(repr=False)]
    reason: str | None = None

    def body(self) -> dict[str, Any]:
        """Return the JSON body; without a reason the field is left out."""
        return self.model_dump(mode="json", exclude_none=True)


def _named_contact(contact: dict[str, JsonValue]) -> dict[str, JsonValue]:
    phone, name = contact.get("phone"), contact.get("person_name", "")
    if not isinstance(phone, str):
        raise ValueError("phone of a contact must be a string")
    _some_number(phone)
    if not isinstance(name, str):
        raise ValueError("person_name of a contact must be a string")
    return contact


class CampaignContacts(ContractModel):
    """Body of `POST /v1/campaigns/{id}/contacts`.

    A contact has `phone`, and may have `person_name`; every other key is kept as a variable of the prompt.
    `enqueue` releases the contacts to be called at once.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    agent_uuid: Annotated[str, Field(min_length=1)]
    contacts: Annotated[
        list[Annotated[dict[str, JsonValue], AfterValidator(_named_contact)]],
        Field(min_length=1, max_length=10_000, repr=False),
    ]
    enqueue: bool = False

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return self.model_dump(mode="json")


def error_message(body: object, status: int) -> str:
    """Return the provider's own words from any documented error envelope, else "HTTP <status>".

    Looked for in this order: `error` as text, `error.message`, `message`, `errors` joined.
    """
    if isinstance(body, dict):
        error = body.get("error")
        if isinstance(error, dict):
            error = error.get("message")
        for words in (error, body.get("message")):
            if isinstance(words, str) and words.strip():
                return words.strip()
        errors = body.get("errors")
        if isinstance(errors, list) and errors:
            return "; ".join(str(item) for item in errors)
    return f"HTTP {status}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the contract allows for one field; None where it sets no limit."""

    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    max_items: int | None = None


_MODELS: dict[str, type[ContractModel]] = {
    model.__name__: model
    for model in (CallRequest, CallConfigOverrides, RetryConfig, DataPoint, DndEntry, CampaignContacts)
}


@cache
def limits(field: str) -> Limits:
    """Return the limits of a field named "Model.field", e.g. "RetryConfig.max_attempts".

    Raises KeyError if the contract has no such field.
    """
    model_name, field_name = field.split(".")
    schema = _MODELS[model_name].model_json_schema()["properties"][field_name]
    merged = {key: value for part in (schema, *schema.get("anyOf", ())) for key, value in part.items()}
    return Limits(
        merged.get("minimum"), merged.get("maximum"), merged.get("maxLength"), merged.get("maxItems")
    )


def json_schema() -> dict[str, Any]:
    """Return the whole contract of `POST /v1/call` as JSON Schema: request, response and error."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "OSVI POST /v1/call",
        "request": CallRequest.model_json_schema(),
        "response": CallResponse.model_json_schema(),
        "error": ErrorResponse.model_json_schema(),
    }
