"""List orders: the call that is asked for when the turn of one person of a list has come, and its words."""

import uuid
from dataclasses import dataclass
from typing import Any

from calls import rendering
from calls.choices import RetryOwner
from calls.models import Agent, CallList, CallLog, CallTemplateVersion, Contact
from calls.services.orders import NAME_PLACEHOLDER, CallOrder


@dataclass(frozen=True)
class Rendered:
    """What one person would hear and what the agent would be told, piece by piece."""

    greeting_pieces: list[rendering.Piece]
    prompt_pieces: list[rendering.Piece]


def version_of(call_list: CallList) -> CallTemplateVersion:
    """Return what everybody of the list hears: the version it started with, before that the present one."""
    return call_list.template_version or call_list.template.current_version()


def order_for(contact: Contact, *, version: CallTemplateVersion) -> CallOrder:
    """Return the order that asks for the next call to this person of a list.

    Who rings again is decided by the list alone: what the template says about it does not count.
    """
    call_list = contact.call_list
    return CallOrder(
        agent=_agent(call_list, version),
        phone_number=contact.phone_number,
        country=contact.country or call_list.country,
        person_name=contact.person_name,
        template=call_list.template,
        template_version=version,
        values={name: str(value) for name, value in contact.values.items()},
        overrides=version.content.get("overrides", {}) | retries_by_osvi(call_list),
        contact=contact,
        purpose=call_list.template.purpose,
        time_zone=contact.time_zone,
        form_token=token_after(contact),
        confirmed_duplicate=_own_latest(contact),
    )


def rendered(contact: Contact) -> Rendered:
    """Return greeting and prompt with this person's values; what is missing shows as missing."""
    content = version_of(contact.call_list).content
    values = {**contact.values, NAME_PLACEHOLDER: contact.person_name}
    return Rendered(
        greeting_pieces=rendering.render_marked(content.get("greeting", ""), values),
        prompt_pieces=rendering.render_marked(content.get("prompt", ""), values),
    )


def retries_by_osvi(call_list: CallList) -> dict[str, Any]:
    """Return the settings that tell OSVI whether to ring again by itself, by a template's names.

    Off is said, and not left out: the agent's own default could be on.
    """
    if call_list.retry_owner == RetryOwner.OSVI:
        return {
            "retry_enabled": True,
            "retry_max_attempts": call_list.retry_max_attempts,
            "retry_interval_minutes": call_list.retry_interval_minutes,
        }
    return {"retry_enabled": False, "retry_max_attempts": None, "retry_interval_minutes": None}


def token_after(contact: Contact) -> uuid.UUID:
    """Return the form token of the call that follows this person's last one: there can only be one such call."""
    return uuid.uuid5(contact.call_list.reference, f"{contact.pk} after {contact.last_call_id or 'nothing'}")


def _own_latest(contact: Contact) -> bool | uuid.UUID:
    """Return the reference of the list's own latest call to this person, which the next one knowingly repeats."""
    if contact.last_call_id is None:
        return False
    # Calls that were taken back rang nobody, so the guard against duplicates does not name them.
    own = CallLog.objects.filter(contact=contact, is_test=False, send_attempts__gt=0)
    return own.order_by("-pk").values_list("reference", flat=True).first() or False


def _agent(call_list: CallList, version: CallTemplateVersion) -> Agent:
    """Return the agent that the version names: the template may have been given to another one since."""
    known = call_list.template.agent
    named = version.content.get("agent_uuid", known.agent_uuid)
    if named == known.agent_uuid:
        return known
    return Agent.objects.filter(agent_uuid=named).first() or known
