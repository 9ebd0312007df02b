"""The two addresses to which OSVI delivers news: verify, store raw, hand over, answer."""

from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from calls.choices import REFUSED_VERDICTS, Verdict, WebhookRoute
from calls.models import CallLog, WebhookDelivery
from calls.services import nudge
from calls.webhooks.auth import has_accepted_secret, masked_headers
from calls.webhooks.reading import Reading, read

ANSWERS = {
    Verdict.RECEIVED: HTTPStatus.OK,
    Verdict.UNKNOWN_TOKEN: HTTPStatus.NOT_FOUND,
    Verdict.WRONG_SECRET: HTTPStatus.UNAUTHORIZED,
    Verdict.WRONG_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    Verdict.WRONG_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Verdict.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Verdict.BROKEN_TEXT: HTTPStatus.BAD_REQUEST,
    Verdict.NOT_JSON: HTTPStatus.BAD_REQUEST,
    Verdict.WRONG_SHAPE: HTTPStatus.UNPROCESSABLE_ENTITY,
}
# Refusals are kept so that staff can see a wrong set-up, but strangers must not fill the table with them,
# nor use up the room of those who proved who they are.
REFUSALS_KEPT_PER_HOUR = 100
UNPROVEN_VERDICTS = frozenset({Verdict.UNKNOWN_TOKEN, Verdict.WRONG_SECRET})


@csrf_exempt
def call_delivery(request: HttpRequest, token: str) -> HttpResponse:
    """Take news of one call at its own address; the token proves the sender and names the call."""
    call = CallLog.objects.from_webhook_token(token)
    if call is None:
        return _refuse(request, WebhookRoute.CALL, Reading(Verdict.UNKNOWN_TOKEN))
    return _take(request, WebhookRoute.CALL, call)


@csrf_exempt
def agent_delivery(request: HttpRequest) -> HttpResponse:
    """Take news from an integration set up in OSVI's dashboard, proven by a bearer secret."""
    if not has_accepted_secret(request):
        return _refuse(request, WebhookRoute.AGENT, Reading(Verdict.WRONG_SECRET))
    return _take(request, WebhookRoute.AGENT, None)


def _take(request: HttpRequest, route: WebhookRoute, call: CallLog | None) -> HttpResponse:
    reading = read(request)
    if reading.verdict in REFUSED_VERDICTS:
        return _refuse(request, route, reading, call)
    delivery = _store(request, route, reading, call)
    nudge.apply_delivery(delivery.pk)
    return _answer(reading.verdict)


def _refuse(
    request: HttpRequest, route: WebhookRoute, reading: Reading, call: CallLog | None = None
) -> HttpResponse:
    hour_ago = timezone.now() - timedelta(hours=1)
    unproven = reading.verdict in UNPROVEN_VERDICTS
    alike = UNPROVEN_VERDICTS if unproven else REFUSED_VERDICTS - UNPROVEN_VERDICTS
    recent = WebhookDelivery.objects.filter(received_at__gte=hour_ago, verdict__in=alike)
    if recent[:REFUSALS_KEPT_PER_HOUR].count() < REFUSALS_KEPT_PER_HOUR:
        _store(request, route, reading, call)
    return _answer(reading.verdict)


def _store(
    request: HttpRequest, route: WebhookRoute, reading: Reading, call: CallLog | None
) -> WebhookDelivery:
    """Commit the raw message before anything is done with it."""
    return WebhookDelivery.objects.create(
        route=route,
        source_address=_source_address(request),
        verdict=reading.verdict,
        call=call,
        matched_by="address" if call else "",
        headers=masked_headers(request),
        body=reading.body,
        body_digest=WebhookDelivery.digest(reading.body),
        body_size=len(reading.body),
    )


def _source_address(request: HttpRequest) -> str | None:
    address = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(address))
    except ValueError:
        return None


def _answer(verdict: Verdict) -> HttpResponse:
    response = JsonResponse({"verdict": verdict}, status=ANSWERS[verdict])
    if verdict == Verdict.WRONG_METHOD:
        response["Allow"] = "POST"
    if verdict == Verdict.WRONG_SECRET:
        response["WWW-Authenticate"] = "Bearer"
    return response
