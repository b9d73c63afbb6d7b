"""Taking a patient in, and the invitation that goes out."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible, clinics_of, require
from accounts.clock import database_now
from accounts.domain.capacities import Capacity, Verb
from accounts.domain.problems import Refusal
from accounts.models import Invitation, Patient
from accounts.selectors.invitations import invitations_unanswered
from accounts.services.audit import patient_open
from accounts.services.intake import patient_take_in
from accounts.services.invitations import invitation_hand_over, invitation_send_again
from accounts.web.answers import form_door, person_of, problems_put, problems_tell
from accounts.web.codes import handed_link
from accounts.web.forms import TakeInForm


@form_door
def take_in(request: HttpRequest) -> HttpResponse:
    """Show the form; take the patient in and go on to the invitation."""
    now = database_now()
    user = person_of(request)
    clinics = list(clinics_of(user, Capacity.CLINICIAN, now))
    if not clinics:
        raise NotVisible
    form = TakeInForm(request.POST if request.method == "POST" else None, clinics=clinics)
    if form.is_bound and form.is_valid():
        try:
            patient = patient_take_in(by=user, now=now, **form.answers())
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            return redirect("accounts:invitation", patient.pk)
    return render(request, "accounts/take_in.html", {"form": form, "here": "take-in"})


@require_safe
def invitation(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Show how far the patient's own invitation has come."""
    now = database_now()
    patient = patient_open(
        actor=person_of(request),
        verb=Verb.TAKE_IN,
        patient_id=patient_id,
        page="invitation",
        now=now,
    )
    shown = {"patient": patient, "invitation": _own_invitation(patient), "now": now}
    return render(request, "accounts/invitation.html", shown | {"here": "patients"})


@require_POST
def invitation_code(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Make a link to hand over and show it this once, as a code, as text and on paper."""
    now = database_now()
    user = person_of(request)
    patient = require(user, Verb.TAKE_IN, patient_id, now)
    own = _own_invitation(patient)
    if own is None:
        raise NotVisible
    try:
        token = invitation_hand_over(invitation=own, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("accounts:invitation", patient.pk)
    shown = {"link": handed_link(own, token), "patient": patient, "zone": patient.clinic.zone}
    return render(request, "accounts/handed_link.html", shown | {"shell": "desk.html"})


@require_POST
def invitation_again(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Replace the patient's invitation by a fresh one, for another 72 hours."""
    now = database_now()
    user = person_of(request)
    patient = require(user, Verb.TAKE_IN, patient_id, now)
    own = _own_invitation(patient)
    if own is None:
        raise NotVisible
    try:
        invitation_send_again(invitation=own, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, _("A fresh link is on its way. Earlier ones stopped working."))
    return redirect("accounts:invitation", patient.pk)


def _own_invitation(patient: Patient) -> Invitation | None:
    """Return the invitation that is for the patient, unanswered; None once they have joined."""
    return invitations_unanswered(patient).filter(care_link=None).first()
