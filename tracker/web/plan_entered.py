"""The door of the plan as entered: every step in full, and "I have seen it" after a change."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.access import NotVisible, verbs_of
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.web.answers import form_door, problems_tell
from tracker.selectors.plan_entered import entered_plans_of
from tracker.services.plan_seen import version_seen
from tracker.web.dose_log import page_context
from tracker.web.standpoint import standpoint


@form_door
def entered(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """Show the plan as entered; keep that a change has been seen."""
    here = standpoint(request, patient_id, Verb.LOG if request.method == "POST" else Verb.SEE)
    plans = entered_plans_of(here.patient, reader=here.user, now=here.now)
    if request.method == "POST":
        said = request.POST.get("version", "")
        newest = (each.version for each in plans if each.is_newest)
        version = next((each for each in newest if str(each.pk) == said), None)
        if version is None:
            raise NotVisible
        try:
            version_seen(version=version, by=here.user, now=here.now)
        except Refusal as refusal:
            problems_tell(request, refusal)
            return redirect(here.place("entered-plan"))
        messages.success(request, _("Noted that you have seen it. Your clinic sees that too."))
        return redirect(here.home)
    context = page_context(here) | {
        "around": here.around(),
        "plans": plans,
        "may_log": Verb.LOG in verbs_of(here.user, here.patient, here.now),
    }
    return render(request, "tracker/patient/entered.html", context)
