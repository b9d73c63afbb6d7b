"""The people around one patient: caregivers, and the invitations that are out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import NotVisible, capacities_of, require, verbs_of
from accounts.clock import database_now
from accounts.domain.capacities import Capacity, Verb
from accounts.domain.problems import Refusal
from accounts.models import CareLink, Invitation, Patient, User
from accounts.selectors.care_links import caregivers_of
from accounts.selectors.contact_points import caregivers_without_a_way
from accounts.selectors.invitations import invitations_unanswered
from accounts.services.audit import patient_open
from accounts.services.care_links import care_link_end, care_link_invite
from accounts.services.invitations import invitation_hand_over, invitation_send_again
from accounts.web.answers import form_door, person_of, problems_put, problems_tell
from accounts.web.codes import handed_link
from accounts.web.forms import CaregiverForm


@dataclass(frozen=True, slots=True)
class CaregiverRow:
    """One caregiver as the page shows them, with the invitation that is still out."""

    link: CareLink
    invitation: Invitation | None
    now: datetime
    is_without_a_way: bool  # no message can reach them: no address of theirs is proved and works

    @property
    def name(self) -> str:
        """The name the caregiver chose, or the one they were invited under."""
        return self.link.caregiver.name if self.link.caregiver else self.link.name

    @property
    def is_helping(self) -> bool:
        """Whether the link gives a right now."""
        return self.link.consented_at is not None and self.link.accepted_at is not None

    @property
    def is_unreached(self) -> bool:
        """Whether they are to be told of alerts and no message can reach them."""
        return self.is_helping and self.link.is_alerted and self.is_without_a_way

    @property
    def is_link_open(self) -> bool:
        """Whether the invitation still works."""
        return self.invitation is not None and self.invitation.expires_at > self.now


def caregiver_rows(patient: Patient, now: datetime) -> list[CaregiverRow]:
    """Return everybody whom nobody has ended, with their open invitations."""
    asked = {each.care_link_id: each for each in reversed(invitations_unanswered(patient))}
    links = list(caregivers_of(patient, now))
    without = caregivers_without_a_way(links)
    return [
        CaregiverRow(
            link=link,
            invitation=asked.get(link.pk),
            now=now,
            is_without_a_way=link.caregiver_id in without,
        )
        for link in links
    ]


@form_door
def people(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """List the caregivers and invite another."""
    now = database_now()
    user = person_of(request)
    patient = patient_open(
        actor=user, verb=Verb.INVITE_CAREGIVER, patient_id=patient_id, page="people", now=now
    )
    form = CaregiverForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            care_link_invite(patient=patient, by=user, now=now, **form.cleaned_data)
        except Refusal as refusal:
            problems_put(form, refusal)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("accounts:people", patient.pk)
    shown = {
        "patient": patient,
        "rows": caregiver_rows(patient, now),
        "form": form,
        "is_own": patient.user_id == user.pk,
        "may_end": Verb.END_CAREGIVER in verbs_of(user, patient, now),
        "may_take_in": Verb.TAKE_IN in verbs_of(user, patient, now),
        "zone": user.zone,
    }
    return render(request, "accounts/people.html", shown | _shell(user, patient, now))


@require_POST
def caregiver_end(request: HttpRequest, patient_id: UUID, link_id: UUID) -> HttpResponse:
    """End a caregiver, or withdraw the invitation, at once."""
    now = database_now()
    user = person_of(request)
    patient = require(user, Verb.END_CAREGIVER, patient_id, now)
    link = _link(patient, link_id, now)
    care_link_end(care_link=link, by=user, now=now)
    messages.success(request, _("Ended. %(name)s sees nothing from now on.") % {"name": link.name})
    return redirect("accounts:people", patient.pk)


@require_POST
def caregiver_again(request: HttpRequest, patient_id: UUID, link_id: UUID) -> HttpResponse:
    """Replace a caregiver's invitation by a fresh one."""
    now = database_now()
    user = person_of(request)
    patient = require(user, Verb.INVITE_CAREGIVER, patient_id, now)
    try:
        invitation_send_again(invitation=_asked(patient, link_id, now), by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
    else:
        messages.success(request, _("A fresh link is on its way. Earlier ones stopped working."))
    return redirect("accounts:people", patient.pk)


@require_POST
def caregiver_code(request: HttpRequest, patient_id: UUID, link_id: UUID) -> HttpResponse:
    """Make a caregiver's link to hand over and show it this once."""
    now = database_now()
    user = person_of(request)
    patient = require(user, Verb.INVITE_CAREGIVER, patient_id, now)
    asked = _asked(patient, link_id, now)
    try:
        token = invitation_hand_over(invitation=asked, by=user, now=now)
    except Refusal as refusal:
        problems_tell(request, refusal)
        return redirect("accounts:people", patient.pk)
    shown = {"link": handed_link(asked, token), "patient": patient, "zone": user.zone}
    return render(request, "accounts/handed_link.html", shown | _shell(user, patient, now))


def _link(patient: Patient, link_id: UUID, now: datetime) -> CareLink:
    link = caregivers_of(patient, now).filter(pk=link_id).first()
    if link is None:
        raise NotVisible
    return link


def _asked(patient: Patient, link_id: UUID, now: datetime) -> Invitation:
    asked = invitations_unanswered(patient).filter(care_link=_link(patient, link_id, now)).first()
    if asked is None:
        raise NotVisible
    return asked


def _shell(user: User, patient: Patient, now: datetime) -> dict[str, str]:
    """Return the shell of the page: the desk for a clinician, the phone for the patient."""
    if Capacity.CLINICIAN in capacities_of(user, patient, now):
        return {"shell": "desk.html", "here": "patients"}
    return {"shell": "phone.html", "dock": "patient"}
