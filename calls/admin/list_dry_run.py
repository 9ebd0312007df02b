"""Step "Dry run": what would happen when, at a pace to be tried. Everything but the calls."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from calls.admin.addresses import own_address
from calls.admin.list_context import DRY_RUN, ListAdmin, Rows, look, page_context, past_the_steps, steps
from calls.admin.list_pace import PaceForm
from calls.choices import ContactVerdict
from calls.models import CallList
from calls.services import list_dry_run
from calls.services.list_dry_run import DryRun

FIELDS = ("pace_per_minute", "at_once", "when", "start_at")
# Hours that the table shows; what comes after them is added up.
MOST_HOURS = 24


@dataclass(frozen=True)
class Hour:
    """One hour of the dry run; `bar` is its share of the fullest hour, from 0 to 100.

    `is_rest`: all that come after are in it.
    """

    at: datetime
    calls: int
    bar: int
    is_rest: bool = False


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of the step, and of its result for the page that starts the list."""

    @never_cache
    def live_view(request: HttpRequest, pk: int) -> HttpResponse:
        return live(model_admin, request, pk)

    return [
        own_address(model_admin, "<int:pk>/dry-run/", page, "dry_run"),
        # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
        path("<int:pk>/dry-run/live/", live_view, name="calls_calllist_dry_run_live"),
    ]


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would happen: 403 without the permission to see lists, 404 without the list."""
    call_list = look(request, pk)
    if elsewhere := past_the_steps(request, call_list):
        return elsewhere
    rows = Rows.of(call_list)
    form = pace_form(call_list, request)
    outcome = result(form)
    context = {
        **page_context(model_admin, request, call_list, title=_("Dry run")),
        "form": form,
        **outcome,
        "steps": steps(request, call_list, DRY_RUN, rows),
        "rows": rows,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "console/lists/dry_run.html", context)


def live(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with what would happen at the pace that stands in the form; 401 with a reload after a log-out."""
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    call_list = look(request, pk)
    context = {"call_list": call_list, **result(pace_form(call_list, request))}
    return TemplateResponse(request, "console/lists/dry_run_short.html", context)


def pace_form(call_list: CallList, request: HttpRequest) -> PaceForm:
    """Return the form as it was asked for in the address, or as the list stands."""
    asked = {name: request.GET[name] for name in FIELDS if name in request.GET}
    if "pace_per_minute" not in asked:
        return PaceForm(call_list)
    return PaceForm(call_list, {"when": "now", **asked})


def result(form: PaceForm) -> dict[str, Any]:
    """Return what would happen; nothing while the form cannot be understood."""
    if form.is_bound and not form.is_valid():
        return {"dry": None}
    dry = list_dry_run.dry_run(form.call_list, form.settings())
    return {
        "dry": dry,
        "per_minute": _per_minute(dry),
        "hours": _hours(dry.per_hour),
        "left_out": [(ContactVerdict(verdict).label, count) for verdict, count in dry.left_out.items()],
        "assumptions": assumptions(dry),
    }


def assumptions(dry: DryRun) -> list[str]:
    """Say what the dry run takes for granted."""
    return [_rate(dry), _length(dry), _("Nobody has to be rung again, and nothing else is called meanwhile.")]


def _rate(dry: DryRun) -> str:
    match dry.paced_by:
        case "lines":
            words = _(
                "So many calls at the same time allow about %(rate)s calls a minute, fewer than the pace."
            )
        case "ceiling":
            words = _("This console allows %(rate)s calls a minute, fewer than the pace.")
        case _:
            words = _("%(rate)s calls begin in a minute.")
    return words % {"rate": _per_minute(dry)}


def _per_minute(dry: DryRun) -> str:
    return formats.number_format(round(dry.per_minute, 1), 1 if dry.per_minute % 1 else 0)


def _length(dry: DryRun) -> str:
    if dry.seconds_known:
        words = _("A call takes %(seconds)d seconds, as the latest calls of this template did.")
    else:
        words = _("A call takes %(seconds)d seconds; no earlier list with this template tells better.")
    return words % {"seconds": dry.seconds}


def _hours(per_hour: list[tuple[datetime, int]]) -> list[Hour]:
    """Return the hours in which somebody is called, the last of them with all that come after."""
    shown, rest = per_hour[:MOST_HOURS], sum(calls for _at, calls in per_hour[MOST_HOURS:])
    if rest:
        shown[-1] = (shown[-1][0], shown[-1][1] + rest)
    fullest = max((calls for _at, calls in shown), default=0) or 1
    return [
        Hour(at, calls, 100 * calls // fullest, is_rest=bool(rest) and place == len(shown))
        for place, (at, calls) in enumerate(shown, start=1)
    ]
