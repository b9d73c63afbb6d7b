"""Doors that look back at an entry: undo, correct, "one dose or two?", and the signs after it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import NotVisible
from accounts.domain.capacities import Verb
from accounts.domain.problems import Refusal
from accounts.web.answers import form_door, problems_put, problems_tell
from tracker.domain.doses import Outcome, Via
from tracker.models import Entry
from tracker.selectors.dose_lines import DoseLine, EntryLine, entry_line
from tracker.selectors.medicine import baclofen
from tracker.selectors.reasons import TAKEN_BACK, UNDONE
from tracker.selectors.today import UNDO_WINDOW
from tracker.services.answers import dose_settle, entry_correct
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_count_as_extra, entry_void
from tracker.web.dose_forms import AnswerForm, CorrectForm, KeepForm
from tracker.web.dose_log import after, dose_context, dose_line, go, page_context
from tracker.web.standpoint import Standpoint, standpoint


@require_POST
def undo(request: HttpRequest, entry_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Take back an entry made a moment ago."""
    here = standpoint(request, patient_id, Verb.LOG)
    entry = _own_entry(here, entry_id)
    if here.now >= entry.received_at + UNDO_WINDOW:
        messages.info(request, _("Undo is over. Say here what really happened."))
        return go(request, here.place("entry-correct", entry_id=entry.pk), is_elsewhere=True)
    try:
        entry_void(entry=entry, by=here.user, reason=UNDONE, now=here.now)
        messages.success(request, _("Undone. The entry stays readable, marked as taken back."))
    except Refusal as refusal:
        problems_tell(request, refusal)
    return go(request, here.home)


@form_door
def correct(request: HttpRequest, entry_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Take an entry back and say what really happened; both stay readable."""
    here = standpoint(request, patient_id, Verb.LOG)
    entry = _own_entry(here, entry_id)
    context = _entry_context(here, entry)
    options: dict[str, Any] = {
        "zone": context["zone"],
        "now": here.now,
        "due_at": entry.dose.due_at if entry.dose is not None else None,
    }
    if request.method != "POST":
        form = CorrectForm.standing(entry, **options)
        return render(request, "tracker/patient/correct.html", context | {"form": form})
    form = CorrectForm(request.POST, **options)
    if form.is_valid():
        try:
            return _corrected(request, here, entry, form)
        except Refusal as refusal:
            problems_put(form, refusal)
    return render(request, "tracker/patient/correct.html", context | {"form": form})


@require_POST
def take_back(request: HttpRequest, entry_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Take an entry back without another in its place: the dose has no log again."""
    here = standpoint(request, patient_id, Verb.LOG)
    entry = _own_entry(here, entry_id)
    try:
        entry_void(entry=entry, by=here.user, reason=TAKEN_BACK, now=here.now)
        messages.success(request, _("Taken back. The entry stays readable, marked as taken back."))
    except Refusal as refusal:
        problems_tell(request, refusal)
    return redirect(here.home)


@form_door
def settle(request: HttpRequest, dose_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """Ask which of several entries for one dose is right, or whether there were two doses."""
    here = standpoint(request, patient_id, Verb.LOG)
    dose = here.dose(dose_id)
    line = dose_line(here, dose)
    if not line.others or line.entry is None:
        return redirect(here.home)
    form = KeepForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _settled(request, here, line, form)
        except Refusal as refusal:
            problems_tell(request, refusal)
            return redirect(here.home)
    context = dose_context(here, dose) | _settle_choices(here, line) | {"form": form}
    return render(request, "tracker/patient/settle.html", context)


@form_door
def alike(request: HttpRequest, entry_id: UUID, patient_id: UUID | None = None) -> HttpResponse:
    """After an extra dose or another amount: ask about the documented signs, numbers beside."""
    here = standpoint(request, patient_id, Verb.CHECK_IN)
    entry = here.entry(entry_id)
    form = AnswerForm(request.POST) if request.method == "POST" else AnswerForm.fresh()
    if request.method == "POST" and form.is_valid():
        known = {alike.id for alike in baclofen().look_alikes}
        ticked = [sign for sign in request.POST.getlist("sign") if sign in known]
        is_none = "none" in request.POST
        if ticked and not is_none:
            return _look_alikes_said(here, ticked, form)
        if is_none and not ticked:
            messages.success(
                request, _("Nothing was sent. If anything changes, come back here or call.")
            )
            return redirect(here.home)
        form.add_error(
            None, _("Press “None of these” with nothing ticked, or tick what is true and send it.")
        )
    around = here.around()
    context = _entry_context(here, entry) | {
        "form": form,
        "around": around,
        "look_alikes": baclofen().look_alikes,
        "medicine": baclofen(),
    }
    return render(request, "tracker/patient/alike.html", context)


@require_safe
def supply(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    """After "none left": whom to call, and that stopping suddenly is dangerous."""
    here = standpoint(request, patient_id, Verb.LOG)
    around = here.around()
    cautions = {caution.id: caution for caution in baclofen().cautions}
    context = page_context(here) | {"around": around, "caution": cautions["never_stop_suddenly"]}
    return render(request, "tracker/patient/supply.html", context)


def _own_entry(here: Standpoint, entry_id: UUID) -> Entry:
    entry = here.entry(entry_id)
    if not here.may_take_back(entry):
        raise NotVisible
    return entry


def _entry_context(here: Standpoint, entry: Entry) -> dict[str, Any]:
    context = dose_context(here, entry.dose) if entry.dose is not None else page_context(here)
    line = entry_line(entry, entry.dose, reader=here.user, zone=context["zone"])
    return context | {"entry": line}


def _corrected(
    request: HttpRequest, here: Standpoint, entry: Entry, form: CorrectForm
) -> HttpResponse:
    said = form.cleaned_data
    result = entry_correct(
        entry=entry,
        by=here.user,
        via=Via.PAGE,
        outcome=Outcome(said["outcome"]),
        taken_at=said["taken_at"],
        reason=said["reason"],
        is_amount_different=said["is_amount_different"],
        amount_note=said["amount_note"],
        client_id=form.request_id,
        now=here.now,
    )
    if entry.dose is not None:
        return after(request, here, result, entry.dose)
    return redirect(here.home)


def _settle_choices(here: Standpoint, line: DoseLine) -> dict[str, Any]:
    """Return which answers the reader may give: a caregiver settles only what is their own."""
    entries: list[EntryLine] = [line.entry, *line.others] if line.entry is not None else []
    may_take_back = {entry.id for entry in entries if here.is_own or entry.by_id == here.user.pk}
    keepable = [
        entry
        for entry in entries
        if all(other.id in may_take_back for other in entries if other.id != entry.id)
    ]
    taken = [entry for entry in entries if entry.outcome is Outcome.TAKEN]
    extras = [entry for entry in line.others if entry.id in may_take_back and entry in taken]
    return {
        "entries": entries,
        "keepable": keepable,
        "extra_entry": extras[0] if extras and len(taken) > 1 else None,
        "is_one_person": len({entry.by_id for entry in entries}) == 1,
        "look_alikes": baclofen().look_alikes,
    }


def _settled(
    request: HttpRequest, here: Standpoint, line: DoseLine, form: KeepForm
) -> HttpResponse:
    choices = _settle_choices(here, line)
    two, keep = form.cleaned_data["two"], form.cleaned_data["keep"]
    extra = choices["extra_entry"]
    if two is not None:
        if extra is None or extra.id != two:
            raise NotVisible
        found = entry_count_as_extra(entry=here.entry(two), by=here.user, now=here.now)
        return redirect(here.place("entry-alike", entry_id=found.pk))
    if keep not in {entry.id for entry in choices["keepable"]}:
        raise NotVisible
    dose_settle(dose=here.dose(line.id), keep=here.entry(keep), by=here.user, now=here.now)
    messages.success(request, _("Settled. The other entry stays readable, marked as taken back."))
    return redirect(here.home)


def _look_alikes_said(here: Standpoint, ticked: list[str], form: AnswerForm) -> HttpResponse:
    check_in_add(
        patient=here.patient,
        by=here.user,
        signs=ticked,
        note="",
        at=None,
        client_id=form.request_id,
        now=here.now,
    )
    return redirect(here.place("urgent"))
