"""The page behind a prompt's link: the clock time, one button, nothing else.

Looking changes nothing and tells nothing about other entries; a tap writes the entry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.clock import database_now
from accounts.domain.problems import Refusal
from accounts.domain.zones import local_date
from accounts.web.answers import form_door
from accounts.web.language import speak_to
from reminders.models import OneTapLink
from reminders.selectors.one_tap import entry_behind, link_behind
from reminders.services.one_tap import one_tap_answer, one_tap_log
from tracker.domain.doses import on_time_until
from tracker.domain.schedule import due_instant
from tracker.services.entries import CLOCK_TOLERANCE


class TakenAtForm(forms.Form):
    """When a dose was taken, as the clock on the wall showed it in the plan's zone."""

    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("On which day?")},
    )
    time = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(attrs={"type": "time", "step": "1"}),
        error_messages={"required": _("At what time?")},
    )

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.now = zone, now

    def clean(self) -> dict[str, Any]:
        """Add `taken_at`, the instant that was typed; one that lies ahead is refused."""
        typed = super().clean() or self.cleaned_data
        if {"day", "time"} <= typed.keys():
            typed["taken_at"] = due_instant(typed["day"], typed["time"], self.zone)
            if typed["taken_at"] > self.now + CLOCK_TOLERANCE:
                self.add_error("time", _("That is still ahead. Log it once it has been."))
        return typed


@login_not_required
@form_door
def one_tap(request: HttpRequest, token: str) -> HttpResponse:
    """Show one button on GET, write the entry on POST."""
    now = database_now()
    link = link_behind(token)
    if link is None:
        raise Http404
    speak_to(link.person)
    if now >= link.opens_until_at:
        return _page(request, link, "ended", status=410)
    if request.method != "POST":
        asks = _asks_for_time(link, now)
        return _page(request, link, "late" if asks else "open", form=_blank(link, now))
    if "answer" in request.POST:
        return _answer(request, link, now)
    return _log(request, link, now)


def _log(request: HttpRequest, link: OneTapLink, now: datetime) -> HttpResponse:
    taken_at: datetime | None = None
    if entry_behind(link) is None and _asks_for_time(link, now):
        form = TakenAtForm(request.POST, zone=_zone(link), now=now)
        if not form.is_valid():
            return _page(request, link, "late", form=form, status=400)
        taken_at = form.cleaned_data["taken_at"]
    try:
        result = one_tap_log(link=link, taken_at=taken_at, now=now)
    except Refusal as refusal:
        return _page(request, link, "refused", refusal=refusal, status=400)
    return _page(request, link, "done", entry=result.entry, question=result.question)


def _answer(request: HttpRequest, link: OneTapLink, now: datetime) -> HttpResponse:
    try:
        one_tap_answer(link=link, answer=request.POST["answer"], now=now)
    except Refusal as refusal:
        return _page(request, link, "refused", refusal=refusal, status=400)
    return _page(request, link, "answered")


def _asks_for_time(link: OneTapLink, now: datetime) -> bool:
    """Tell whether the time must be asked: after the window, or when the dose was cancelled."""
    dose = link.dose
    window_ends_at = on_time_until(dose.due_at, dose.version.on_time_window)
    return dose.cancelled_at is not None or now >= window_ends_at


def _blank(link: OneTapLink, now: datetime) -> TakenAtForm:
    zone = _zone(link)
    return TakenAtForm(initial={"day": local_date(link.dose.due_at, zone)}, zone=zone, now=now)


def _zone(link: OneTapLink) -> ZoneInfo:
    return link.dose.zone_info


def _page(
    request: HttpRequest, link: OneTapLink, state: str, *, status: int = 200, **more: object
) -> HttpResponse:
    context = {
        "state": state,
        "due_at": link.dose.due_at,
        "zone": _zone(link),
        "is_cancelled": link.dose.cancelled_at is not None,
        **more,
    }
    return render(request, "reminders/one_tap.html", context, status=status)
