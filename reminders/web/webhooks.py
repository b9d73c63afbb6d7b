"""What providers report later: a mail or a text that they had taken has come back.

Both doors are open to nobody else: a secret or a signature comes first. A report about something
that we do not know (yet: it may overtake our own note of having sent it) answers 503, so that the
provider reports it again; one that comes twice changes nothing.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from anymail.exceptions import AnymailConfigurationError
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.clock import database_now
from reminders.channels.sms import REPORT_AGAIN, is_for_good, report_url
from reminders.services.returned import message_returned

RETURNED = frozenset({EventType.BOUNCED, EventType.REJECTED, EventType.FAILED})
FOR_GOOD = frozenset({RejectReason.INVALID, RejectReason.BOUNCED, RejectReason.UNSUBSCRIBED})
SMS_RETURNED = frozenset({"failed", "undelivered"})


@csrf_exempt
@login_not_required
@require_http_methods(["POST", "HEAD"])
def mail_reports(request: HttpRequest) -> HttpResponse:
    """Take the reports of the mail provider in use, in that provider's own form.

    django-anymail checks the secret and reads them; its signal is not used (ADR 0023).
    """
    reader = _reader_in_use()
    if reader is None:
        raise Http404
    if request.method == "HEAD":  # some providers look whether anybody is there
        return HttpResponse()
    reader.run_validators(request)  # a wrong secret is a SuspiciousOperation: 400
    try:
        events: Sequence[AnymailTrackingEvent] = reader.parse_events(request)
    except (ValueError, KeyError, TypeError, AttributeError, AnymailConfigurationError):
        return HttpResponse("This is no report.", status=400, content_type="text/plain")
    are_known = [_mail_returned(event) for event in events if event.event_type in RETURNED]
    return HttpResponse(status=200 if all(are_known) else 503)


def _mail_returned(event: AnymailTrackingEvent) -> bool:
    said = str(event.mta_response or event.description or event.reject_reason or "")
    if event.recipient:
        said = said.replace(event.recipient, "")
    return message_returned(
        provider_id=str(event.message_id or ""),
        detail=f"{event.event_type}: {said}",
        is_permanent=event.event_type != EventType.FAILED and event.reject_reason in FOR_GOOD,
        now=database_now(),
    )


def _reader_in_use() -> Any:
    """Return anymail's view that reads this provider's reports; None where nobody may report."""
    module = f"anymail.webhooks.{settings.EMAIL_PROVIDER}"
    if not settings.EMAIL_WEBHOOK_SECRET or find_spec(module) is None:
        return None
    views = [
        view
        for name, view in vars(import_module(module)).items()
        if name.endswith("TrackingWebhookView") and issubclass(view, AnymailBaseWebhookView)
    ]
    return views[0](webhook_secret=settings.EMAIL_WEBHOOK_SECRET) if views else None


@csrf_exempt
@login_not_required
@require_POST
def sms_reports(request: HttpRequest) -> HttpResponse:
    """Take the report of the SMS provider: only what is signed with our token counts."""
    if not settings.SMS_ACCOUNT:
        raise Http404
    signature = request.headers.get("X-Twilio-Signature", "")
    urls = (report_url(), report_url() + REPORT_AGAIN)  # with or without what the provider adds
    if not any(is_signed(url, request.POST, signature) for url in urls):
        return HttpResponse("The signature is not ours.", status=403, content_type="text/plain")
    status, code = request.POST.get("MessageStatus", ""), request.POST.get("ErrorCode", "")
    if status not in SMS_RETURNED:
        return HttpResponse(status=204)
    is_known = message_returned(
        provider_id=request.POST.get("MessageSid", ""),
        detail=f"{status} {code}",
        is_permanent=is_for_good(code),
        now=database_now(),
    )
    return HttpResponse(status=204 if is_known else 503)


def is_signed(url: str, form: QueryDict, signature: str) -> bool:
    """Tell whether the token's owner signed this form for this address, as Twilio does it."""
    fields = "".join(
        name + value for name in sorted(form) for value in sorted(set(form.getlist(name)))
    )
    mac = hmac.new(settings.SMS_TOKEN.encode(), (url + fields).encode(), "sha1")
    return hmac.compare_digest(b64encode(mac.digest()), signature.encode())
