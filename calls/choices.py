"""States as data: value, words for staff, and the named sets that buttons, filters and guards share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CallStatus(TextChoices):
    """Where one requested call stands with us. What came of it at OSVI is `CallLog.outcome`."""

    SCHEDULED = "scheduled", _("Scheduled")
    QUEUED = "queued", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    ACCEPTED = "accepted", _("Under way")
    UNCONFIRMED = "unconfirmed", _("We don't know whether it went out")
    FINISHED = "finished", _("Finished")
    NO_OUTCOME = "no_outcome", _("No news from OSVI")
    REJECTED = "rejected", _("Refused by OSVI")
    BLOCKED = "blocked", _("Not sent")
    CANCELLED = "cancelled", _("Cancelled")
    NOT_PLACED = "not_placed", _("Did not ring")


# Which move is possible from where. Anything else is refused by CallLog.move().
MOVES: dict[str, frozenset[str]] = {
    CallStatus.SCHEDULED: frozenset({CallStatus.QUEUED, CallStatus.CANCELLED, CallStatus.BLOCKED}),
    CallStatus.QUEUED: frozenset(
        # Accepted and finished: OSVI said "try later" but rang all the same, and its news came first.
        # Scheduled again: calling hours ended while it waited.
        {
            CallStatus.SENDING,
            CallStatus.SCHEDULED,
            CallStatus.CANCELLED,
            CallStatus.BLOCKED,
            CallStatus.ACCEPTED,
            CallStatus.FINISHED,
        }
    ),
    CallStatus.SENDING: frozenset(
        # Queued again only when it is certain that nothing left (connection refused, 429).
        {
            CallStatus.ACCEPTED,
            CallStatus.REJECTED,
            CallStatus.UNCONFIRMED,
            CallStatus.FINISHED,
            CallStatus.QUEUED,
        }
    ),
    CallStatus.UNCONFIRMED: frozenset({CallStatus.ACCEPTED, CallStatus.FINISHED, CallStatus.NOT_PLACED}),
    CallStatus.ACCEPTED: frozenset({CallStatus.FINISHED, CallStatus.NO_OUTCOME}),
    CallStatus.NO_OUTCOME: frozenset({CallStatus.FINISHED}),
    # News of a call that was thought not to exist is proof that it rang.
    CallStatus.REJECTED: frozenset({CallStatus.ACCEPTED, CallStatus.FINISHED}),
    CallStatus.NOT_PLACED: frozenset({CallStatus.ACCEPTED, CallStatus.FINISHED}),
    CallStatus.FINISHED: frozenset(),
    CallStatus.CANCELLED: frozenset(),
    CallStatus.BLOCKED: frozenset(),
}

CANCELLABLE = frozenset({CallStatus.SCHEDULED, CallStatus.QUEUED})
# Something may still happen by itself; the page of such a call keeps looking.
MOVING = frozenset({CallStatus.SCHEDULED, CallStatus.QUEUED, CallStatus.SENDING, CallStatus.ACCEPTED})
# As long as a call stands here, its person may be ringing now or soon; another call would ring them twice.
MAY_STILL_RING = MOVING | {CallStatus.UNCONFIRMED}
# A person has to look at these.
NEEDS_ATTENTION = frozenset({CallStatus.UNCONFIRMED, CallStatus.NO_OUTCOME, CallStatus.REJECTED})
# OSVI may know such a call, so news of it makes sense.
MAY_EXIST_AT_OSVI = frozenset(
    {
        CallStatus.SENDING,
        CallStatus.ACCEPTED,
        CallStatus.UNCONFIRMED,
        CallStatus.FINISHED,
        CallStatus.NO_OUTCOME,
        CallStatus.REJECTED,
        CallStatus.NOT_PLACED,
    }
)


class EventSource(TextChoices):
    """Which door a step came through."""

    PERSON = "person", _("a person")
    COMMAND = "command", _("the command line")
    WORKER = "worker", _("the worker")
    DELIVERY = "delivery", _("news sent by OSVI")
    POLL = "poll", _("an answer from OSVI")
    SWEEP = "sweep", _("the regular check")


class Verdict(TextChoices):
    """What became of one message that arrived at a webhook address."""

    # Stored, not yet looked at.
    RECEIVED = "received", _("Received")
    APPLIED = "applied", _("Applied")
    DUPLICATE = "duplicate", _("Same as an earlier one")
    NO_CHANGE = "no_change", _("Nothing new")
    UNMATCHED = "unmatched", _("Belongs to no known call")
    FAILED = "failed", _("Could not be applied")
    # Refused at the door.
    UNKNOWN_TOKEN = "unknown_token", _("Unknown address")
    WRONG_SECRET = "wrong_secret", _("Wrong secret")
    WRONG_METHOD = "wrong_method", _("Not sent as POST")
    WRONG_TYPE = "wrong_type", _("Not sent as JSON")
    TOO_LARGE = "too_large", _("Too large")
    BROKEN_TEXT = "broken_text", _("Unreadable characters")
    NOT_JSON = "not_json", _("Not JSON")
    WRONG_SHAPE = "wrong_shape", _("Not an object")


REFUSED_VERDICTS = frozenset(
    {
        Verdict.UNKNOWN_TOKEN,
        Verdict.WRONG_SECRET,
        Verdict.WRONG_METHOD,
        Verdict.WRONG_TYPE,
        Verdict.TOO_LARGE,
        Verdict.BROKEN_TEXT,
        Verdict.NOT_JSON,
        Verdict.WRONG_SHAPE,
    }
)


class WebhookRoute(TextChoices):
    """Which of the two addresses a delivery came to."""

    CALL = "call", _("a call's own address")
    AGENT = "agent", _("the address for agents")


class Disclosed(TextChoices):
    """What of a call is hidden from people without a permission of its own; that it was shown is logged."""

    NUMBER = "number", _("Full number")
    CONVERSATION = "conversation", _("Conversation and answers")
    RECORDING = "recording", _("Recording")
    TECHNICAL = "technical", _("Technical details")


class ExportFormat(TextChoices):
    """The kinds of file that an export writes."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel")


class ExportStatus(TextChoices):
    """How far an export is."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being written")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


# OSVI's word for an answered call; the only one that may replace another final word.
PICKED = "picked"

# OSVI's words for what came of a call, in words for staff. An open set: others are shown as they came.
OUTCOME_LABELS = {
    PICKED: _("Answered"),
    "not_picked": _("Nobody answered"),
    "busy": _("Line busy"),
    "failed": _("Could not be connected"),
    "voicemail": _("Voicemail"),
    "in_progress": _("In conversation"),
}


class Purpose(TextChoices):
    """What a call is for. Which hours and consent it needs depends on it (docs/reference/calling-hours.md)."""

    SERVICE = "service", _("Service")
    MARKETING = "marketing", _("Marketing")
    RESEARCH = "research", _("Research")


class HolidayRule(TextChoices):
    """What a country's calling hours say about public holidays."""

    AS_USUAL = "as_usual", _("Hours as on other days")
    CLOSED = "closed", _("Nobody is called")
    AS_SUNDAY = "as_sunday", _("Hours as on a Sunday")


class ListStatus(TextChoices):
    """Where a call list stands."""

    MAPPING = "mapping", _("Columns to be chosen")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Ready to start")
    SCHEDULED = "scheduled", _("Starts later")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    # Its people were given to a campaign at OSVI, which rings them by itself.
    HANDED_OVER = "handed_over", _("Handed over to OSVI")
    FAILED = "failed", _("Could not be read")


# Nothing was called yet, so the list may still be changed as a whole.
LIST_DRAFTS = frozenset({ListStatus.MAPPING, ListStatus.CHECKING, ListStatus.CHECKED, ListStatus.FAILED})
# Calls are made, or will be without anybody doing anything more.
LIST_UNDER_WAY = frozenset({ListStatus.SCHEDULED, ListStatus.RUNNING, ListStatus.PAUSED})
LIST_ENDED = frozenset({ListStatus.FINISHED, ListStatus.CANCELLED, ListStatus.HANDED_OVER})


class ContactVerdict(TextChoices):
    """What the check found about one row of a list. Details in `Contact.detail`, words in services."""

    UNCHECKED = "unchecked", _("Not checked yet")
    READY = "ready", _("Ready")
    FIXED = "fixed", _("Mended")
    OUTSIDE_HOURS = "outside_hours", _("Outside calling hours now")
    DUPLICATE = "duplicate", _("Twice in this list")
    RECENT = "recent", _("Called recently")
    DO_NOT_CALL = "do_not_call", _("On do-not-call")
    OVER_CAP = "over_cap", _("Called often enough")
    NO_HOURS = "no_hours", _("Calling hours not known")
    MISSING_VALUE = "missing_value", _("A value is missing")
    BAD_VALUE = "bad_value", _("A value cannot be used")
    BAD_NUMBER = "bad_number", _("Not a telephone number")


# These people are called; all others are left out, with the reason.
CALLABLE_VERDICTS = frozenset({ContactVerdict.READY, ContactVerdict.FIXED, ContactVerdict.OUTSIDE_HOURS})
# The row itself is wrong; it can be corrected and uploaded again.
BAD_ROW_VERDICTS = frozenset(
    {
        ContactVerdict.MISSING_VALUE,
        ContactVerdict.BAD_VALUE,
        ContactVerdict.BAD_NUMBER,
        ContactVerdict.NO_HOURS,
    }
)


class ContactStatus(TextChoices):
    """Where one person of a list stands. What came of the calls stands in the calls."""

    WAITING = "waiting", _("Waiting")
    CALLING = "calling", _("Being called")
    DONE = "done", _("Done")
    # Left out by the check or by a guard; `verdict` says why.
    SKIPPED = "skipped", _("Left out")
    # Taken out by a person, or replaced by a corrected row.
    REMOVED = "removed", _("Removed")


class RetryOwner(TextChoices):
    """Who rings again when somebody was not reached. Exactly one side, or a person would be rung by both."""

    NOBODY = "nobody", _("Nobody: each person is rung once")
    CONSOLE = "console", _("This console")
    OSVI = "osvi", _("OSVI")


# OSVI's words after which this console may ring again.
RETRY_CAUSES = ("not_picked", "busy", "voicemail", "failed")


class SuppressionStatus(TextChoices):
    """Whether a do-not-call entry counts."""

    # Heard in a call; a person decides. Lists leave the number alone until then.
    PROPOSED = "proposed", _("To be decided")
    ACTIVE = "active", _("Not to be called")
    DISMISSED = "dismissed", _("Turned down")
    LIFTED = "lifted", _("Lifted")


class SuppressionSource(TextChoices):
    """Where a do-not-call entry came from."""

    STAFF = "staff", _("Entered by staff")
    CALL = "call", _("Said in a call")
    IMPORT = "import", _("Imported file")
    OSVI = "osvi", _("OSVI's own list")


class MirrorStatus(TextChoices):
    """How far OSVI's list for one agent agrees with ours."""

    WAITING = "waiting", _("Not yet passed on")
    DONE = "done", _("Passed on")
    FAILED = "failed", _("Could not be passed on")


class NoticeKind(TextChoices):
    """Why people were told about a list."""

    ENDED = "ended", _("List ended")
    PAUSED = "paused", _("List paused itself")
    NEEDS_SOMEBODY = "needs_somebody", _("List needs somebody")


class UploadStatus(TextChoices):
    """What became of one part of a list that was given to a campaign at OSVI."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused by OSVI")
    UNCONFIRMED = "unconfirmed", _("We don't know whether it arrived")
