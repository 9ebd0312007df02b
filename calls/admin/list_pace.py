"""How fast a list is called and when it starts: the fields that the dry run and the start have in common."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.admin.place_schedule import CONSOLE, ClockTime, moment_of
from calls.models import CallList
from calls.services.list_launch import LaunchSettings

NOW, LATER = "now", "later"


class _Most:
    """What this console allows at most, put into words when it is shown."""

    def __init__(self, words: Any, setting: str) -> None:
        self.words, self.setting = words, setting

    def __str__(self) -> str:
        return str(self.words) % {"most": getattr(settings, self.setting)}


class PaceForm(forms.Form):
    """Pace, calls at the same time, now or later. Everything a form needs is in its address or its body."""

    pace_per_minute = forms.IntegerField(
        label=_("Calls per minute"),
        min_value=1,
        help_text=lazystr(_Most(_("At most %(most)d on this console."), "LIST_CALLS_PER_MINUTE")),
        error_messages={"required": _("Please say how many calls begin in a minute.")},
    )
    at_once = forms.IntegerField(
        label=_("Calls at the same time"),
        min_value=1,
        help_text=lazystr(_Most(_("At most %(most)d on this console."), "LIST_CALLS_AT_ONCE")),
        error_messages={"required": _("Please say how many calls may go on at the same time.")},
    )
    when = forms.ChoiceField(
        label=_("When"),
        choices=[(NOW, _("Now")), (LATER, _("Later"))],
        widget=forms.RadioSelect,
        initial=NOW,
    )
    start_at = ClockTime(label=_("Start at"), required=False)

    def __init__(self, call_list: CallList, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call_list = call_list
        for name, setting in (
            ("pace_per_minute", "LIST_CALLS_PER_MINUTE"),
            ("at_once", "LIST_CALLS_AT_ONCE"),
        ):
            most = getattr(settings, setting)
            self.fields[name].widget.attrs["max"] = most
            self.fields[name].initial = min(getattr(call_list, name), most)
        self.fields["start_at"].help_text = _now("By this console's clock (%(zone)s).") % {
            "zone": timezone.get_current_timezone_name()
        }

    def _at_most(self, name: str, setting: str) -> int:
        value: int = self.cleaned_data[name]
        most = getattr(settings, setting)
        if value > most:
            raise ValidationError(_now("Please enter %(maximum)d or less.") % {"maximum": most})
        return value

    def clean_pace_per_minute(self) -> int:
        return self._at_most("pace_per_minute", "LIST_CALLS_PER_MINUTE")

    def clean_at_once(self) -> int:
        return self._at_most("at_once", "LIST_CALLS_AT_ONCE")

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.cleaned_data["moment"] = None
        if self.cleaned_data.get("when") != LATER:
            # What stands in a field that does not count is not looked at.
            self.errors.pop("start_at", None)
        elif "start_at" not in self.errors:
            try:
                self.cleaned_data["moment"] = self._moment(self.cleaned_data.get("start_at"))
            except ValidationError as error:
                self.add_error("start_at", error.messages)
        return self.cleaned_data

    @staticmethod
    def _moment(clock: datetime | None) -> datetime:
        if clock is None:
            raise ValidationError(_now("Please say at which date and time the list starts."))
        moment = moment_of(clock, CONSOLE, None)
        if moment <= timezone.now():
            raise ValidationError(_now("This time has passed. Choose a later one, or start now."))
        return moment

    def settings(self) -> LaunchSettings:
        """Return what was chosen; what the form begins with before anything was."""
        if not self.is_bound:
            pace, at_once = (self.fields[name].initial for name in ("pace_per_minute", "at_once"))
            return LaunchSettings(pace_per_minute=pace, at_once=at_once)
        typed = self.cleaned_data
        return LaunchSettings(
            pace_per_minute=typed["pace_per_minute"], at_once=typed["at_once"], start_at=typed["moment"]
        )
