"""Fill an empty console with a demo set. Runs only against the simulator, since it makes a known login."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from calls.choices import CallStatus, EventSource
from calls.management.demo_set import HISTORY, TEMPLATES, DemoCall, DemoTemplate
from calls.models import Agent, CallEvent, CallLog, CallTemplate, DataPoint, Transcript
from calls.services import orders
from calls.services.agents import sync_agents

USER = "demo"
# Makes the same references every time, so that a second run finds the calls of the first.
NAMESPACE = uuid.UUID("6f1a6a3e-3c0b-4b0e-9a51-6a0d8c2f7e11")
RING_SECONDS = 14


class Command(BaseCommand):
    help = (
        "Load agents from the simulator, three templates, past calls and the user “demo”. "
        "May be run again: what is there already stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password", help="password of the user “demo”; without it one is made and printed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.CONSOLE_ENVIRONMENT != "simulator":
            raise CommandError(
                "load_demo makes a login that everybody knows: it needs CONSOLE_ENVIRONMENT=simulator."
            )
        user = self._user(options["password"])
        sync_agents()
        with transaction.atomic():
            templates = {template.name: self._template(template, user) for template in TEMPLATES}
            # Oldest first: lists show the newest row on top.
            oldest_first = sorted(enumerate(HISTORY), key=lambda item: -item[1].hours_ago)
            made = sum(_past_call(call, number, templates, user) for number, call in oldest_first)
        self.stdout.write(
            f"Demo set: {Agent.objects.count()} agents, {len(templates)} templates, {made} past calls added."
        )

    def _user(self, password: str | None) -> User:
        user, is_new = get_user_model().objects.get_or_create(
            username=USER, defaults={"is_staff": True, "is_superuser": True, "first_name": "Demo"}
        )
        if is_new and not password:
            password = secrets.token_urlsafe(9)
            self.stdout.write(f"Login: {USER} / {password}")
        if password and not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        return user

    def _template(self, wanted: DemoTemplate, user: User) -> CallTemplate:
        """Return the template of this name, made if it is not there; somebody's own changes to it stay."""
        present = CallTemplate.objects.filter(name=wanted.name).first()
        if present is not None:
            return present
        agent = Agent.objects.filter(name=wanted.agent).first() or Agent.objects.usable().first()
        if agent is None:
            raise CommandError("The simulator reported no agents, so there is nobody to make templates for.")
        template = CallTemplate(
            name=wanted.name,
            agent=agent,
            country="IN",
            greeting=wanted.greeting,
            prompt=wanted.prompt,
            additional_data=wanted.additional_data,
            **wanted.overrides,
        )
        template.full_clean()
        template.save()
        for position, point in enumerate(wanted.data_points):
            data_point = DataPoint(template=template, position=position, **point)
            data_point.full_clean()
            data_point.save()
        template.record_version(user)
        return template


def _past_call(past: DemoCall, number: int, templates: dict[str, CallTemplate], user: User) -> bool:
    """Write a finished call with its events and transcript. Returns whether it was not there before."""
    reference = uuid.uuid5(NAMESPACE, str(number))
    if CallLog.objects.filter(reference=reference).exists():
        return False
    template = templates[past.template]
    requested = timezone.now() - timedelta(hours=past.hours_ago)
    sent = requested + timedelta(seconds=1)
    picked = sent + timedelta(seconds=RING_SECONDS)
    finished = picked + timedelta(seconds=past.duration_seconds + 3)
    checked = orders.check(
        orders.CallOrder(
            agent=template.agent,
            template=template,
            phone_number=past.number,
            country=template.country,
            person_name=past.person_name,
            values=past.values,
        )
    )
    call = CallLog.objects.create(
        reference=reference,
        agent=template.agent,
        template=template,
        template_version=template.current_version(),
        placed_by=user,
        person_name=past.person_name,
        phone_number=checked.phone_number,
        country=checked.country,
        status=CallStatus.FINISHED,
        status_reason=gettext_noop("OSVI reported the outcome."),
        requested_at=requested,
        send_attempts=1,
        sent_at=sent,
        finished_at=finished,
        call_id=str(uuid.uuid5(reference, "call_id")),
        outcome=past.outcome,
        duration_seconds=past.duration_seconds or None,
        ended_by=past.ended_by,
        ended_reason=past.ended_reason,
        picked_at=picked if past.outcome == "picked" else None,
        summary=past.summary,
        extracted={key: value for key, value in past.extracted.items() if value is not None},
        request=orders.with_reference(checked.request, reference),
    )
    _write_events(call, user, sent, finished)
    _write_transcript(call, past, picked)
    return True


def _write_events(call: CallLog, user: User, sent: datetime, finished: datetime) -> None:
    person, worker, delivery = EventSource.PERSON, EventSource.WORKER, EventSource.DELIVERY
    steps = (
        (call.requested_at, person, "", CallStatus.QUEUED, "Call requested."),
        (sent, worker, CallStatus.QUEUED, CallStatus.SENDING, "Sending to OSVI."),
        (sent, worker, CallStatus.SENDING, CallStatus.ACCEPTED, "OSVI accepted the call."),
        (
            finished,
            delivery,
            CallStatus.ACCEPTED,
            CallStatus.FINISHED,
            gettext_noop("OSVI reported the outcome."),
        ),
    )
    for at, source, origin, to, why in steps:
        CallEvent.objects.create(
            call=call,
            at=at,
            source=source,
            by=user if source == person else None,
            from_status=origin,
            to_status=to,
            why=why,
        )


def _write_transcript(call: CallLog, past: DemoCall, picked: datetime) -> None:
    if not past.turns:
        return
    # Spread over the conversation as if every turn took the same time.
    step = past.duration_seconds / len(past.turns)
    turns = [
        {"speaker": speaker, "text": text, "at": (picked + timedelta(seconds=step * place)).isoformat()}
        for place, (speaker, text) in enumerate(past.turns)
    ]
    Transcript.objects.create(call=call, turns=turns, text=Transcript.as_text(turns))
