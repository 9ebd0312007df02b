"""What the screens of one call list share: finding it, its header, its tabs, and the steps before the start."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin.permissions import has_verb, require_verb
from calls.choices import ContactStatus, ListStatus
from calls.models import CallList, ListEvent
from calls.services import list_test_call
from calls.templatetags.call_display import length
from calls.templatetags.exports import grouped

ListAdmin = ModelAdmin
# The steps that were looked at, per list, of the lists worked with last.
_SEEN, _MOST_LISTS_SEEN = "list_steps_seen", 20


def find_list(pk: int) -> CallList:
    """Return the list with what its screens show of others. Raises Http404 if there is none."""
    related = ("template__agent", "template_version", "created_by", "launched_by", "cloned_from")
    call_list = CallList.objects.select_related(*related).filter(pk=pk).first()
    if call_list is None:
        raise Http404("There is no such list.")
    return call_list


def look(request: HttpRequest, pk: int, *verbs: str) -> CallList:
    """Return the list for a person who may see lists, and do `verbs`. Raises PermissionDenied or Http404."""
    for verb in ("view_calllist", *verbs):
        require_verb(request, verb)
    return find_list(pk)


def address(name: str, *args: Any) -> str:
    """Return the address of a list's screen, e.g. address("people", 3)."""
    return reverse(f"admin:calls_calllist_{name}", args=args)


def page_context(
    model_admin: ListAdmin, request: HttpRequest, call_list: CallList, *, title: str = ""
) -> dict[str, Any]:
    """Return what the header of every screen of a list needs."""
    return {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title or call_list.name,
        "call_list": call_list,
        "may_change": has_verb(request, "change_calllist"),
        "may_run": has_verb(request, "run_calllist"),
        "may_add": has_verb(request, "add_calllist"),
        "may_test": has_verb(request, "place_call"),
        "may_view_calls": has_verb(request, "view_calllog"),
        "may_view_templates": has_verb(request, "view_calltemplate"),
    }


# --- Numbers ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """The rows of a list by status, read from one index."""

    by_status: dict[str, int]

    @classmethod
    def of(cls, call_list: CallList) -> "Rows":
        people = call_list.contacts.order_by().values_list("status")
        return cls(dict(people.annotate(rows=Count("pk"))))

    def count(self, status: ContactStatus) -> int:
        return self.by_status.get(status, 0)

    @cached_property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def to_call(self) -> int:
        """How many people are called, or will be."""
        return self.count(ContactStatus.WAITING)


def people_words(count: int) -> str:
    """Return "1 person" or "850 people"."""
    words = ngettext("%(count)s person", "%(count)s people", count)
    return words % {"count": grouped(count)}


# --- The steps before the start ---------------------------------------------------------------

CHECK, PREVIEW, TEST, DRY_RUN, START = "change", "preview", "test", "dry_run", "launch"
# What a step takes besides seeing lists; nobody is shown a step that they may not take.
_NEEDED = {TEST: ("place_call",), START: ("run_calllist",)}


@dataclass(frozen=True)
class Step:
    """One step on the way to the start, with its number in words."""

    name: str
    title: str | Promise
    words: str
    url: str
    is_current: bool
    is_done: bool


@dataclass(frozen=True)
class Steps:
    """All steps, in their order."""

    steps: list[Step]

    def _beside(self, distance: int) -> Step | None:
        place = next(number for number, step in enumerate(self.steps) if step.is_current) + distance
        return self.steps[place] if 0 <= place < len(self.steps) else None

    @property
    def previous(self) -> Step | None:
        return self._beside(-1)

    @property
    def next(self) -> Step | None:
        return self._beside(1)


def steps(request: HttpRequest, call_list: CallList, current: str, rows: Rows) -> Steps:
    """Return the steps with their numbers, and remember that the person looked at this one."""
    seen = _seen(request, call_list, current)
    tests = list_test_call.latest(call_list)
    words = {
        CHECK: _("%(people)s to call") % {"people": people_words(rows.to_call)},
        PREVIEW: _("What they hear"),
        TEST: _tests_words(len(tests)),
        DRY_RUN: at_least(rows.to_call, call_list.pace_per_minute),
        START: _("Now or later"),
    }
    titles = {
        CHECK: _("Check"),
        PREVIEW: _("Preview"),
        TEST: _("Test call"),
        DRY_RUN: _("Dry run"),
        START: _("Start"),
    }
    done = {CHECK: rows.to_call > 0, PREVIEW: PREVIEW in seen, TEST: bool(tests), DRY_RUN: DRY_RUN in seen}
    return Steps(
        [
            Step(
                name=name,
                title=title,
                words=words[name],
                url=address(name, call_list.pk),
                is_current=name == current,
                is_done=done.get(name, False),
            )
            for name, title in titles.items()
            if all(has_verb(request, verb) for verb in _NEEDED.get(name, ()))
        ]
    )


def _tests_words(count: int) -> str:
    if not count:
        return _("Hear it yourself")
    return ngettext("%(count)d test call", "%(count)d test calls", count) % {"count": count}


def at_least(people: int, per_minute: int) -> str:
    """Say how long it takes to place the calls at this pace, if nothing comes between."""
    minutes = ceil(people / per_minute) if per_minute else 0
    return _("At least %(time)s") % {"time": long_time(minutes)}


def long_time(minutes: int) -> str:
    """Return minutes as "45 min" or "3 h 20 min"."""
    if minutes < 60:
        return length(minutes * 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def _seen(request: HttpRequest, call_list: CallList, step: str) -> list[str]:
    """Return the steps this person looked at, and add this one."""
    by_list: dict[str, list[str]] = dict(request.session.get(_SEEN, {}))
    key = str(call_list.pk)
    seen = by_list.pop(key, [])
    if step not in seen:
        seen = [*seen, step]
    by_list[key] = seen
    if request.session.get(_SEEN) != by_list:
        request.session[_SEEN] = dict(list(by_list.items())[-_MOST_LISTS_SEEN:])
    return seen


def past_the_steps(request: HttpRequest, call_list: CallList) -> HttpResponse | None:
    """Return the way to the list's page if its steps make no sense (any more); None while they do."""
    if call_list.status == ListStatus.CHECKED:
        return None
    if request.method == "POST":
        words = _("This list is “%(state)s” by now, so nothing was done.")
        messages.warning(request, words % {"state": call_list.get_status_display()})
    return HttpResponseRedirect(address(CHECK, call_list.pk))


# --- History ----------------------------------------------------------------------------------


def history(call_list: CallList, most: int) -> list[ListEvent]:
    """Return the latest lines of a list's history, newest first."""
    return list(call_list.events.select_related("by", "contact").order_by("-pk")[:most])
