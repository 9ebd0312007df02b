"""The two addresses: every refusal has its own verdict and answer, is stored masked, and changes no call."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, Verdict, WebhookRoute
from calls.models import CallLog, WebhookDelivery
from calls.webhooks import views
from calls.webhooks.reading import LARGEST_BODY
from tests.payloads import load, names

pytestmark = pytest.mark.django_db

AGENTS = "/webhooks/osvi/agents/"
SECRETS = ["the-old-secret", "the-new-secret"]
MakeCall = Callable[..., Any]


@pytest.fixture(autouse=True)
def _secrets(settings) -> None:
    settings.OSVI_WEBHOOK_SECRETS = SECRETS


@pytest.fixture
def accepted(make_call: MakeCall) -> CallLog:
    return make_call(CallStatus.ACCEPTED)


def address_of(call: CallLog) -> str:
    return reverse("webhooks:call", args=[call.webhook_token])


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def send(client: Client, path: str, body: Any = None, **kwargs: Any) -> Any:
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post(path, data, **{"content_type": "application/json"} | kwargs)


def refused(call: CallLog | None, verdict: Verdict) -> WebhookDelivery:
    """Return the one stored delivery, having made sure that it is this refusal and changed nothing."""
    delivery = WebhookDelivery.objects.get()
    assert delivery.verdict == verdict
    for known in CallLog.objects.all():
        assert (known.status, known.outcome) == (CallStatus.ACCEPTED, "")
        assert not known.events.exists()
    return delivery


@pytest.mark.parametrize("sample", names("webhooks"))
def test_it_takes_every_variant_on_both_routes(client: Client, accepted: CallLog, sample: str) -> None:
    for path, headers in ((address_of(accepted), {}), (AGENTS, bearer(SECRETS[0]))):
        answer = send(client, path, load(sample), headers=headers)

        assert (answer.status_code, answer.json()) == (200, {"verdict": "received"})

    at_call, at_agent = WebhookDelivery.objects.order_by("pk")
    assert (at_call.route, at_call.call, at_call.matched_by) == (WebhookRoute.CALL, accepted, "address")
    assert (at_agent.route, at_agent.call, at_agent.matched_by) == (WebhookRoute.AGENT, None, "")
    assert json.loads(bytes(at_call.body)) == load(sample)
    assert at_call.body_size == len(at_call.body)
    assert at_call.source_address == "127.0.0.1"
    assert at_call.verdict == Verdict.RECEIVED


def test_it_hands_over_after_commit(client, accepted, queue, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send(client, address_of(accepted), {"call_status": "picked"})

    assert [task.args for task in queue.pending()] == [(WebhookDelivery.objects.get().pk,)]


BODIES = {
    "wrong type": (b"a=1", {"content_type": "application/x-www-form-urlencoded"}, Verdict.WRONG_TYPE, 415),
    "text": (b"{}", {"content_type": "text/plain"}, Verdict.WRONG_TYPE, 415),
    "broken text": (b'{"a": "\xff\xfe"}', {}, Verdict.BROKEN_TEXT, 400),
    "lone surrogate bytes": (b'{"a": "\xed\xa0\x80"}', {}, Verdict.BROKEN_TEXT, 400),
    "empty": (b"", {}, Verdict.NOT_JSON, 400),
    "not json": (b"{", {}, Verdict.NOT_JSON, 400),
    "a raw nul": (b'{"a": "\x00"}', {}, Verdict.NOT_JSON, 400),
    "too deep": (b"[" * 200_000, {}, Verdict.NOT_JSON, 400),
    "endless digits": (b'{"a": ' + b"9" * 100_000 + b"}", {}, Verdict.NOT_JSON, 400),
    "a list": (b"[]", {}, Verdict.WRONG_SHAPE, 422),
    "a text": (b'"picked"', {}, Verdict.WRONG_SHAPE, 422),
    "null": (b"null", {}, Verdict.WRONG_SHAPE, 422),
    "too large": (b" " * (LARGEST_BODY + 1), {}, Verdict.TOO_LARGE, 413),
}


@pytest.mark.parametrize("kind", sorted(BODIES))
@pytest.mark.parametrize("route", list(WebhookRoute))
def test_it_refuses(client: Client, accepted: CallLog, route: WebhookRoute, kind: str) -> None:
    body, kwargs, verdict, status = BODIES[kind]
    at_call = route == WebhookRoute.CALL
    path = address_of(accepted) if at_call else AGENTS
    headers = bearer(SECRETS[0]) | {"Cookie": "session=s3cret", "X-Api-Key": "k3y", "X-Trace": "kept"}

    answer = send(client, path, body, headers=headers, **kwargs)

    assert (answer.status_code, answer.json()) == (status, {"verdict": verdict})
    delivery = refused(accepted, verdict)
    assert (delivery.route, delivery.call) == (route, accepted if at_call else None)
    assert bytes(delivery.body) == (b"" if verdict == Verdict.TOO_LARGE else body)
    assert delivery.headers["X-Trace"] == "kept"
    for name in ("Authorization", "Cookie", "X-Api-Key"):
        assert delivery.headers[name] == "[masked]"


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_it_takes_post_only(client: Client, accepted: CallLog, method: str) -> None:
    for path, headers in ((address_of(accepted), {}), (AGENTS, bearer(SECRETS[0]))):
        answer = getattr(client, method)(path, headers=headers)

        assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert set(WebhookDelivery.objects.values_list("verdict", flat=True)) == {Verdict.WRONG_METHOD}


@pytest.mark.parametrize("token", ["unknown", "%00", "a.b", "0" * 32, "%ED%A0%80", "x" * 5_000])
def test_an_unknown_address(client: Client, accepted: CallLog, token: str) -> None:
    answer = send(client, f"/webhooks/osvi/calls/{token}/", {"call_status": "picked"})

    assert (answer.status_code, answer.json()) == (404, {"verdict": "unknown_token"})
    assert bytes(refused(None, Verdict.UNKNOWN_TOKEN).body) == b""


def test_the_token_of_a_call_that_is_gone(client: Client, make_call: MakeCall) -> None:
    call = make_call()
    path = address_of(call)
    call.delete()

    assert send(client, path, {}).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("wrong"),
        bearer(""),
        bearer("the-old-secre"),
        {"Authorization": "the-old-secret"},
        {"Authorization": "Basic the-old-secret"},
        {"Authorization": "Bearer ünïcode"},
        {"X-Api-Key": "the-old-secret"},
    ],
)
def test_a_wrong_secret(client: Client, accepted: CallLog, headers: dict[str, str]) -> None:
    answer = send(client, AGENTS, {"call_status": "picked"}, headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"verdict": "wrong_secret"})
    assert answer["WWW-Authenticate"] == "Bearer"
    delivery = refused(None, Verdict.WRONG_SECRET)
    assert bytes(delivery.body) == b""
    assert "the-old-secret" not in json.dumps(delivery.headers)


def test_no_secret_configured_means_that_nothing_is_accepted(client: Client, settings) -> None:
    settings.OSVI_WEBHOOK_SECRETS = []

    assert send(client, AGENTS, {}, headers=bearer("")).status_code == 401


def test_secrets_rotate_with_no_delivery_refused_in_between(client: Client, settings) -> None:
    for accepted_now, in_use in (
        (["old"], "old"),
        (["old", "new"], "old"),
        (["old", "new"], "new"),
        (["new"], "new"),
    ):
        settings.OSVI_WEBHOOK_SECRETS = accepted_now
        assert send(client, AGENTS, {}, headers=bearer(in_use)).status_code == 200
    assert send(client, AGENTS, {}, headers=bearer("old")).status_code == 401


def test_the_last_slash_may_be_missing(client: Client, accepted: CallLog) -> None:
    assert send(client, address_of(accepted).rstrip("/"), {}).status_code == 200
    assert send(client, AGENTS.rstrip("/"), {}, headers=bearer(SECRETS[0])).status_code == 200


@pytest.mark.parametrize(
    "kwargs",
    [
        {"content_type": "application/json; charset=utf-8"},
        {"content_type": "application/vnd.osvi+json"},
        {"content_type": "APPLICATION/JSON"},
        {"content_type": ""},
    ],
)
def test_it_takes_json_under_other_names(client: Client, accepted: CallLog, kwargs: dict[str, str]) -> None:
    assert send(client, address_of(accepted), b'\xef\xbb\xbf{"a": 1}', **kwargs).status_code == 200


def test_a_body_at_the_limit(client: Client, accepted: CallLog) -> None:
    body = b"{}" + b" " * (LARGEST_BODY - 2)

    assert send(client, address_of(accepted), body).status_code == 200
    assert WebhookDelivery.objects.get().body_size == LARGEST_BODY


def test_escaped_nul_and_surrogates_are_stored_raw(client: Client, accepted: CallLog) -> None:
    body = rb'{"call_summary": "a\u0000b\ud800", "call_status": "picked"}'

    assert send(client, address_of(accepted), body).status_code == 200
    assert bytes(WebhookDelivery.objects.get().body) == body


def test_a_header_that_repeats_the_address_does_not_betray_it(client: Client, accepted: CallLog) -> None:
    path = address_of(accepted)

    send(
        client,
        path,
        {},
        headers={"X-Original-Uri": path, "Referer": f"https://a.example{path}", "X-Odd": "a\x00"},
    )

    assert accepted.webhook_token not in json.dumps(WebhookDelivery.objects.get().headers)


def chunked(path: str, body: bytes) -> Any:
    """Return a request as gunicorn hands over a chunked one: no length, a stream that ends by itself."""
    request = RequestFactory().post(path, b"", content_type="application/json")
    request.META |= {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input_terminated": True,
        "wsgi.input": io.BytesIO(body),
    }
    assert "CONTENT_LENGTH" not in request.META
    return request


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"call_status": "picked"}', 200), (b" " * (LARGEST_BODY + 1), 413)]
)
def test_a_body_without_content_length(accepted: CallLog, body: bytes, status: int) -> None:
    answer = views.call_delivery(chunked(address_of(accepted), body), accepted.webhook_token)

    assert answer.status_code == status
    assert bytes(WebhookDelivery.objects.get().body) == (body if status == 200 else b"")


def test_a_sender_that_goes_away_in_the_middle(accepted: CallLog) -> None:
    class Broken(io.BytesIO):
        def read(self, *_args: Any) -> bytes:
            raise OSError("The client went away.")

    request = RequestFactory().post(address_of(accepted), b"{}", content_type="application/json")
    request._stream = Broken()

    assert views.call_delivery(request, accepted.webhook_token).status_code == 400
    refused(accepted, Verdict.BROKEN_TEXT)


def test_strangers_cannot_fill_the_table(client: Client, accepted: CallLog, monkeypatch) -> None:
    monkeypatch.setattr(views, "REFUSALS_KEPT_PER_HOUR", 3)
    for _ in range(5):
        assert send(client, AGENTS, {}).status_code == 401
    assert WebhookDelivery.objects.count() == 3

    # Nor use up the room of those who proved who they are.
    assert send(client, address_of(accepted), b"[]").status_code == 422
    assert WebhookDelivery.objects.filter(verdict=Verdict.WRONG_SHAPE).count() == 1

    WebhookDelivery.objects.update(received_at=timezone.now() - timedelta(minutes=61))
    send(client, AGENTS, {})
    assert WebhookDelivery.objects.filter(verdict=Verdict.WRONG_SECRET).count() == 4


def test_a_hundred_refusals_are_kept(client: Client, db: None) -> None:
    assert views.REFUSALS_KEPT_PER_HOUR == 100
    WebhookDelivery.objects.bulk_create(
        [WebhookDelivery(route=WebhookRoute.AGENT, verdict=Verdict.WRONG_SECRET) for _ in range(99)]
    )

    for _ in range(3):
        send(client, AGENTS, {})

    assert WebhookDelivery.objects.count() == 100


def test_every_verdict_at_the_door_has_its_answer() -> None:
    from calls.choices import REFUSED_VERDICTS

    assert set(views.ANSWERS) == REFUSED_VERDICTS | {Verdict.RECEIVED}
