"""Doors of the check-in: the documented signs in plain words, and what else must be said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.web.answers import form_door, problems_put
from tracker.domain.medicine import Urgency
from tracker.selectors.medicine import baclofen
from tracker.selectors.pumps import route_of_signs
from tracker.selectors.said import last_check_in_of, supply_said_since
from tracker.selectors.versions import plan_day_of
from tracker.services.answers import SignsAnswer, signs_answer
from tracker.web.dose_forms import AnswerForm
from tracker.web.dose_log import page_context
from tracker.web.standpoint import (
    Standpoint,
    standpoint,
)

JUST_SAID = timedelta(minutes=10)
"""How long the page after an answer shows it."""


def _sign_choices() -> list[tuple[str, str]]:
    return [(sign.id, sign.plain) for sign in baclofen().patient_signs()]


class CheckInForm(AnswerForm):
    """Which documented signs are true now, or none; what else somebody must know."""

    sign = forms.MultipleChoiceField(label=_("Signs"), choices=_sign_choices, required=False)
    has_stopped = forms.BooleanField(
        label=_("The medicine was stopped suddenly"),
        help_text=_("For any reason: lost, run out, told to stop, could not swallow it."),
        required=False,
    )
    runs_out_on = forms.DateField(
        label=_("My supply runs out on"),
        help_text=_("Leave this empty if you have enough."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Type a date such as 2026-11-30.")},
    )
    note = forms.CharField(
        label=_("Anything to add"),
        help_text=_("In your own words. Your clinic can read it; nobody may see it at once."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def clean(self) -> dict[str, Any]:
        """ "None of these" and a ticked sign contradict each other: the person decides."""
        cleaned = super().clean() or self.cleaned_data
        is_ticked = bool(cleaned.get("sign") or cleaned.get("has_stopped"))
        if self.is_none and is_ticked:
            raise forms.ValidationError(
                gettext(
                    "You pressed “None of these” with something ticked. "
                    "Press “Send ticked”, or take the ticks away."
                )
            )
        return cleaned

    @property
    def is_none(self) -> bool:
        """Whether "None of these" was pressed."""
        return "none" in self.data

    @property
    def answer(self) -> SignsAnswer:
        """The answer as the service takes it."""
        said = self.cleaned_data
        return SignsAnswer(
            signs=tuple(said["sign"]),
            is_none=self.is_none,
            has_stopped=said["has_stopped"],
            runs_out_on=said["runs_out_on"],
            note=said["note"],
        )


@form_door
def check_in(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Ask which documented signs are present; an emergency opens the urgent page at once."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    if request.method != "POST":
        return _page(request, here, CheckInForm.fresh())
    form = CheckInForm(request.POST)
    if not form.is_valid():
        return _page(request, here, form)
    try:
        is_urgent = signs_answer(
            patient=here.patient,
            by=here.user,
            answer=form.answer,
            client_id=form.request_id,
            now=here.now,
        )
    except Refusal as refusal:
        problems_put(form, refusal)
        return _page(request, here, form)
    return redirect(here.place("urgent" if is_urgent else "check-in-done"))


@require_safe
def done(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Say what was recorded, and whom to call about signs that cannot wait for tomorrow."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    since = here.now - JUST_SAID
    last = last_check_in_of(here.patient, reader=here.user)
    runs_out_on = supply_said_since(here.patient, since)
    context = page_context(here) | {
        "here": _here(here),
        "around": here.around(),
        "last": last if last is not None and last.at >= since else None,
        "runs_out_on": runs_out_on,
        "is_supply_out": runs_out_on is not None
        and runs_out_on <= plan_day_of(here.patient, here.now),
    }
    return render(request, "tracker/patient/check_in_done.html", context)


def _page(request: HttpRequest, here: Standpoint, form: AnswerForm) -> HttpResponse:
    facts = baclofen()
    route = route_of_signs(here.patient)
    context = page_context(here) | {
        "here": _here(here),
        "form": form,
        "ticked": form["sign"].value() or [],
        "medicine": facts,
        "emergencies": facts.patient_signs_by(route, Urgency.EMERGENCY),
        "same_day": facts.patient_signs_by(route, Urgency.SAME_DAY_CALL),
        "around": here.around(),
    }
    return render(request, "tracker/patient/check_in.html", context)


def _here(here: Standpoint) -> str:
    return "check-in" if here.is_own else "report"
