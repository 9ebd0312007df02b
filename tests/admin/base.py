"""A small named cast for tests of the admin: people with and without each permission, agents, a template."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import TestCase
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import Agent, CallEvent, CallLog, CallTemplate, ConsoleState, DataPoint

NUMBER = "+919876543210"


def staff(username: str, *permissions: str) -> User:
    """Return a new staff member with exactly these permissions of the app, such as "place_call"."""
    user = User.objects.create_user(username, is_staff=True)
    found = list(Permission.objects.filter(content_type__app_label="calls", codename__in=permissions))
    if len(found) != len(permissions):
        raise ValueError(f"One of these permissions does not exist: {', '.join(permissions)}")
    user.user_permissions.set(found)
    return user


class AdminTestCase(TestCase):
    """The cast.

    `nobody` may enter the admin and nothing else; `onlooker` sees calls, but only masked numbers and outcomes;
    `viewer` reads and reveals everything; `caller` reads, reveals and places calls; `editor` works on
    templates; `syncer` reads agents and syncs them; `boss` may do everything.
    """

    nobody: User
    onlooker: User
    viewer: User
    caller: User
    editor: User
    syncer: User
    boss: User
    agent: Agent
    idle_agent: Agent
    template: CallTemplate

    @classmethod
    def setUpTestData(cls) -> None:
        views = ["view_calllog", "view_calltemplate", "view_agent", "view_webhookdelivery"]
        reveals = ["reveal_number", "view_conversation", "play_recording", "view_technical"]
        cls.nobody = staff("nobody")
        cls.onlooker = staff("onlooker", "view_calllog")
        cls.viewer = staff("viewer", *views, *reveals)
        cls.caller = staff("caller", *views, *reveals, "place_call")
        cls.editor = staff(
            "editor", "view_calltemplate", "add_calltemplate", "change_calltemplate", "delete_calltemplate"
        )
        cls.syncer = staff("syncer", "view_agent", "sync_agents")
        cls.boss = User.objects.create_superuser("boss")
        cls.agent = Agent.objects.create(agent_uuid="agent_front_desk", name="Front desk")
        cls.idle_agent = Agent.objects.create(agent_uuid="agent_idle", name="Night desk", is_active=False)
        cls.template = cls.make_template("Appointment reminder")
        ConsoleState.objects.create(pk=ConsoleState.KEY, worker_seen_at=timezone.now())

    @classmethod
    def make_template(cls, name: str, **fields: Any) -> CallTemplate:
        """Return a saved template, with one data point and its first version."""
        values = {
            "agent": cls.agent,
            "country": "IN",
            "greeting": "Hello {{ person_name | there }}, this is City Dental about {{ appointment_date }}.",
            "prompt": "Remind of the appointment. Be {{ tone | friendly }}.",
            "additional_data": {"clinic": "City Dental"},
            "max_call_duration_seconds": 120,
        }
        template = CallTemplate.objects.create(name=name, **{**values, **fields})
        DataPoint.objects.create(
            template=template,
            position=1,
            key="confirmed",
            description="Ask whether they will come.",
            required=True,
            output_format="yes or no",
        )
        template.record_version(None)
        return template

    @classmethod
    def make_call(cls, **fields: Any) -> CallLog:
        """Return a saved call of the template, accepted by OSVI unless `fields` say otherwise."""
        values = {
            "agent": cls.agent,
            "template": cls.template,
            "template_version": cls.template.current_version(),
            "placed_by": cls.caller,
            "person_name": "Asha Rao",
            "phone_number": NUMBER,
            "country": "IN",
            "status": CallStatus.ACCEPTED,
        }
        call = CallLog.objects.create(**{**values, **fields})
        CallEvent.objects.create(
            call=call,
            source=EventSource.PERSON,
            by=cls.caller,
            to_status=CallStatus.QUEUED,
            why="Call requested.",
        )
        return call
