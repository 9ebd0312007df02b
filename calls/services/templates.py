"""Templates: duplicate one, use an earlier version again, and how calls with it went."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.choices import PICKED, CallStatus
from calls.models import Agent, AnswerCorrection, CallLog, CallTemplate, CallTemplateVersion, DataPoint
from calls.services.overview import RANG, Figures

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PERIOD = timedelta(days=30)
# The latest answered calls whose answers are counted: enough to tell, few enough to be read for a page.
ANSWERS_READ = 500


class CannotUseVersion(Exception):
    """This version cannot be used again. `str(error)` is a sentence for staff."""


@dataclass(frozen=True)
class AnswerShare:
    """How many of the answered calls gave one answer."""

    key: str
    given: int
    asked: int

    @property
    def percent(self) -> int:
        return round(100 * self.given / self.asked) if self.asked else 0


def duplicate(template: CallTemplate, *, by: "User") -> CallTemplate:
    """Return a new template that says the same, with its first version; not archived."""
    with transaction.atomic():
        points = list(template.data_points.all())
        copy = CallTemplate.objects.get(pk=template.pk)
        copy.pk, copy.name, copy.is_archived = None, _free_name(template.name), False
        copy._state.adding = True
        copy.save()
        _save_points(copy, [point.content() for point in points])
        copy.record_version(by)
    return copy


def _free_name(name: str) -> str:
    """Return "Copy of <name>", with a number if that is taken, never longer than a name may be."""
    longest = CallTemplate._meta.get_field("name").max_length or 0
    number = 1
    while True:
        words = _("Copy of %(name)s") if number == 1 else _("Copy %(number)d of %(name)s")
        room = longest - len(words % {"name": "", "number": number})
        candidate = words % {"name": name[:room], "number": number}
        if not CallTemplate.objects.filter(name=candidate).exists():
            return candidate
        number += 1


def set_archived(template: CallTemplate, is_archived: bool) -> bool:
    """Archive a template, or bring it back. Returns False if it was so already."""
    changed = CallTemplate.objects.filter(pk=template.pk).exclude(is_archived=is_archived)
    return bool(changed.update(is_archived=is_archived, updated_at=timezone.now()))


def use_again(version: CallTemplateVersion, *, by: "User") -> CallTemplateVersion:
    """Have the template say again what it said in this version; that makes a new version, which is returned.

    Raises CannotUseVersion if its agent is not active any more.
    """
    content = version.content
    agent = Agent.objects.filter(agent_uuid=content["agent_uuid"]).first()
    if agent is None or not agent.is_active:
        raise CannotUseVersion(
            _("The agent of this version is no longer active at OSVI, so it cannot be used again as it is.")
        )
    with transaction.atomic():
        template = CallTemplate.objects.select_for_update(of=("self",)).get(pk=version.template_id)
        template.agent = agent
        for name in ("country", "greeting", "prompt", "additional_data"):
            setattr(template, name, content[name])
        for name, value in content["overrides"].items():
            setattr(template, name, value)
        template.save()
        _save_points(template, content["data_points"])
        return template.record_version(by)


def _save_points(template: CallTemplate, contents: list[dict[str, object]]) -> None:
    """Replace the data points of a template by these, in their order."""
    template.data_points.all().delete()
    DataPoint.objects.bulk_create(
        DataPoint(template=template, position=position, **content)
        for position, content in enumerate(contents, start=1)
    )


def figures(template: CallTemplate) -> Figures:
    """Return how the calls of the last 30 days with this template went. Reads one index and no row of a call."""
    answered = Q(template=template, status=CallStatus.FINISHED, outcome=PICKED)
    rang = Q(template=template, status=CallStatus.FINISHED, outcome__in=RANG)
    # Without a WHERE for the template, for which SQLite would look up the row of each of its calls ever.
    sums = CallLog.objects.filter(requested_at__gte=timezone.now() - PERIOD).aggregate(
        placed=Count("status", filter=Q(template=template)),
        rang=Count("status", filter=rang),
        answered=Count("status", filter=answered),
        seconds=Sum("duration_seconds", filter=answered, default=0),
        timed=Count("duration_seconds", filter=answered),
    )
    return Figures(**sums)


def answers_given(template: CallTemplate) -> list[AnswerShare]:
    """Return, for each data point, how many of the latest answered calls gave an answer; corrections count."""
    latest = CallLog.objects.filter(template=template, status=CallStatus.FINISHED, outcome=PICKED)
    columns = ("pk", "extracted", "request__data_extraction")
    calls = list(latest.order_by("-pk").values_list(*columns)[:ANSWERS_READ])
    asked = {(pk, point.get("key")) for pk, _extracted, points in calls for point in points or []}
    given = {
        (pk, key)
        for pk, extracted, _points in calls
        for key, value in extracted.items()
        if value not in _NONE
    }
    corrected = AnswerCorrection.objects.filter(call_id__in=[pk for pk, *_rest in calls])
    given |= set(corrected.values_list("call_id", "key"))
    # Calls that were placed before an answer was asked for say nothing about it.
    answered, all_asked = Counter(key for _pk, key in given & asked), Counter(key for _pk, key in asked)
    return [
        AnswerShare(point.key, answered[point.key], all_asked[point.key])
        for point in template.data_points.all()
    ]


_NONE: tuple[object, ...] = (None, "", [], {})
