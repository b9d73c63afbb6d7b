"""Doors of travel: where the dose times stand, the question of a device elsewhere, its answers."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.domain.zones import place_name
from accounts.web.answers import form_door, problems_tell
from accounts.web.forms import ZoneField
from tracker.domain.zone_moves import ZoneAnswer
from tracker.selectors.zones import Travel, ZoneQuestion, is_zone_asked, travel_of, zone_question
from tracker.services.zones import zone_answer_keep, zone_answer_move
from tracker.web.dose_log import page_context
from tracker.web.standpoint import Standpoint, standpoint

NO_CONTENT = 204


class PlaceForm(forms.Form):
    """Where somebody is, for a device that does not say it by itself."""

    device = ZoneField(label=_lazy("Where are you now?"))


@form_door
def zone(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Show where the dose times stand, and ask about the zone in `device`; POST answers.

    To a script that asks by itself there is nothing to say where nobody needs to be asked.
    """
    here = standpoint(request, patient_id, Verb.TRAVEL)
    travel = travel_of(here.patient, here.now)
    if request.method == "POST":
        return _answered(request, here, travel)
    form = PlaceForm(request.GET) if "device" in request.GET else PlaceForm()
    device = ZoneInfo(form.cleaned_data["device"]) if form.is_valid() else None
    is_script = request.headers.get("HX-Request") == "true"
    if is_script and not _is_asked(here, travel, device):
        return HttpResponse(status=NO_CONTENT)
    question = _question(here, travel, device)
    context = page_context(here) | {
        "travel": travel,
        "device": device,
        "form": form,
        "question": question,
        "is_script": is_script,
        "zone_url": here.place("zone"),
        "around": here.around() if question is not None and question.reasons else None,
    }
    page = "tracker/patient/_zone.html" if is_script else "tracker/patient/zone.html"
    return render(request, page, context)


def _is_asked(here: Standpoint, travel: Travel | None, device: ZoneInfo | None) -> bool:
    if travel is None or device is None:
        return False
    return is_zone_asked(travel, here.user, device, here.now)


def _question(
    here: Standpoint, travel: Travel | None, device: ZoneInfo | None
) -> ZoneQuestion | None:
    """Return the question; None where both clocks are one, or the move has been answered."""
    if travel is None or device is None or not travel.is_apart(device, here.now):
        return None
    return zone_question(travel, device, here.now)


def _answered(request: HttpRequest, here: Standpoint, travel: Travel | None) -> HttpResponse:
    answer, device = request.POST.get("answer", ""), request.POST.get("zone", "")
    if travel is None or answer not in set(ZoneAnswer):
        return redirect(here.place("zone"))
    service = zone_answer_move if answer == ZoneAnswer.MOVE else zone_answer_keep
    try:
        service(plan=travel.plan, by=here.user, device_zone=device, now=here.now)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect(f"{here.place('zone')}?{urlencode({'device': device})}")
    text = _("Saved. Dose times stay on %(place)s time.") % {"place": place_name(travel.zone.key)}
    if answer == ZoneAnswer.MOVE:
        text = _("Saved. Dose times move to %(place)s time. Your clinic is told.")
        text %= {"place": place_name(device)}
    messages.success(request, text)
    return redirect(here.home)
