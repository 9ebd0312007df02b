"""The sentence with which a POST refuses a body that breaks the contract."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from calls.osvi import contract

_MODEL_OF = {
    "call_config_overrides": "CallConfigOverrides",
    "retry_config": "RetryConfig",
    "data_extraction": "DataPoint",
}
_KIND_OF = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "dict_type": "an object",
    "list_type": "an array",
    "model_type": "an object",
    "model_attributes_type": "an object",
}


def rejection(error: ValidationError) -> tuple[str, dict[str, Any] | None]:
    """Return the vendor's `error` sentence, and `details` with a sentence per field, or None."""
    problems = {_field(problem["loc"]): _sentence(problem) for problem in error.errors(include_url=False)}
    sentence = next(iter(problems.values()))
    return sentence, ({name: text for name, text in problems.items() if name} or None)


def _field(location: Sequence[int | str]) -> str:
    """Return "data_extraction[0].description" for ("data_extraction", 0, "description")."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".")


def _sentence(problem: Any) -> str:
    kind, location, context = problem["type"], problem["loc"], problem.get("ctx", {})
    name = str(location[-1]) if location else "request body"
    if kind == "json_invalid":
        return "The request body is not valid JSON"
    if kind == "missing":
        return f"param is missing or the value is empty: {_field(location)}"
    if kind in {"greater_than_equal", "less_than_equal"}:
        bounds = contract.limits(f"{_model(location)}.{name}")
        return f"{name} must be between {bounds.minimum} and {bounds.maximum}"
    if kind == "string_too_long":
        return f"{name} must be at most {context['max_length']} characters"
    if kind == "string_too_short":
        return f"{_field(location)} must not be empty"
    if kind in {"too_long", "too_short"}:
        most = contract.limits(f"CampaignContacts.{name}").max_items
        return f"{name} must hold 1 to {most} items"
    if kind == "string_pattern_mismatch":
        return f"{name} must be national digits only"
    if kind == "value_error":
        return str(context["error"])
    if kind in _KIND_OF:
        return f"{_field(location) or name} must be {_KIND_OF[kind]}"
    return f"{_field(location)}: {problem['msg']}"


def _model(location: Sequence[int | str]) -> str:
    """Return the contract model that holds the field at this location."""
    parents = [part for part in location[:-1] if isinstance(part, str)]
    return _MODEL_OF[parents[-1]] if parents else "CallRequest"
