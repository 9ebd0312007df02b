"""The screen "Calling hours": when people of each country may be called, who says so, and how old that is."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.admin.calling_hours_form import EVERY_PURPOSE, CallingRuleForm, CallingWindowInline
from calls.admin.calling_hours_words import in_words
from calls.admin.permissions import person_of
from calls.countries import country_name
from calls.models import CallingRule, CallingWindow
from calls.services import hours
from calls.templatetags.console import badge

# Laws change; what nobody has looked at for so long may be out of date.
REVIEW_AFTER = timedelta(days=365)


@admin.register(CallingRule)
class CallingRuleAdmin(admin.ModelAdmin):
    """Hours that people changed stay as they are when the console is updated; untouched ones are renewed."""

    form = CallingRuleForm
    inlines = (CallingWindowInline,)
    list_display = ("name", "purpose_name", "hours", "holidays", "source", "reviewed", "origin")
    list_select_related = ("changed_by",)
    actions = None
    change_list_template = "admin/calls/callingrule/change_list.html"
    change_form_template = "admin/calls/callingrule/change_form.html"
    fieldsets = (
        (None, {"fields": ("country", "purpose", "holidays")}),
        (
            _("Where this is said"),
            {"fields": ("source", "source_url", "confidence", "reviewed_on")},
        ),
        (_("Consent and disclosure"), {"fields": ("disclosure_required", "consent_note")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallingRule]:
        return super().get_queryset(request).prefetch_related("windows")

    def get_readonly_fields(self, request: HttpRequest, obj: CallingRule | None = None) -> tuple[str, ...]:
        return ("country_shown", "purpose_name") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: CallingRule | None = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is None:
            return found
        return ((None, {"fields": ("country_shown", "purpose_name", "holidays")}), *found[1:])

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"reviewed_on": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: CallingRule | None = None) -> bool:
        """Only one by one, and only what would not come back: shipped hours are entered anew where they are missing."""
        if obj is None or hours.is_shipped(obj):
            return False
        return super().has_delete_permission(request, obj)

    # --- The list -----------------------------------------------------------------------------

    @admin.display(description=_("country"), ordering="country")
    def name(self, rule: CallingRule) -> str:
        return country_name(rule.country)

    @admin.display(description=_("country"))
    def country_shown(self, rule: CallingRule) -> str:
        return country_name(rule.country)

    @admin.display(description=_("purpose"), ordering="purpose")
    def purpose_name(self, rule: CallingRule) -> str:
        return rule.get_purpose_display() if rule.purpose else str(EVERY_PURPOSE)

    @admin.display(description=_("hours there"))
    def hours(self, rule: CallingRule) -> str:
        return " · ".join(in_words(rule.windows.all()))

    @admin.display(description=_("last reviewed"), ordering="reviewed_on")
    def reviewed(self, rule: CallingRule) -> SafeString:
        age = timezone.localdate() - rule.reviewed_on
        words = _now("today")
        if age >= timedelta(days=1):
            words = _now("%(time)s ago") % {
                "time": timesince(rule.reviewed_on, timezone.localdate(), depth=1)
            }
        shown = badge("warning", words) if age > REVIEW_AFTER else words
        return format_html(
            '<time datetime="{}">{}</time> · {}',
            rule.reviewed_on.isoformat(),
            date_format(rule.reviewed_on, "j M Y"),
            shown,
        )

    @admin.display(description=_("entered by"))
    def origin(self, rule: CallingRule) -> str:
        if rule.is_preset:
            return _now("Comes with the console")
        if rule.changed_by is None:
            return _now("A person")
        return rule.changed_by.get_full_name() or rule.changed_by.get_username()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**_about(), **(extra_context or {})})

    # --- The form -----------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        rule = context.get("original")
        context |= _about()
        if rule is not None:
            context["is_shipped"] = hours.is_shipped(rule)
            context["hours_in_words"] = in_words(rule.windows.all())
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the windows; what a person changed is theirs from then on."""
        super().save_related(request, form, formsets, change)
        rule: CallingRule = form.instance
        if change and not form.has_changed() and not any(formset.has_changed() for formset in formsets):
            return
        rule.is_preset, rule.changed_by = False, person_of(request)
        rule.save(update_fields=["is_preset", "changed_by", "changed_at"])
        if not CallingWindow.objects.filter(rule=rule).exists():
            words = _now("These hours have no window, so nobody is called.")
            messages.warning(request, words)


def _about() -> dict[str, Any]:
    return {"hours_apply": settings.CALLING_HOURS_APPLY}
