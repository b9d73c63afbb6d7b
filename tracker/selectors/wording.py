"""Flags and alerts in words: the fact, its time, its basis. For pages, messages and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.domain.zones import local_date, place_name
from accounts.models import Clinic
from accounts.selectors.clinics import clinic_opens_at, is_clinic_reached
from tracker.domain.alerts import AlertEventKind, AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass, Rule
from tracker.domain.plan_input import clock_text
from tracker.models import Alert, Entry, Flag
from tracker.selectors import plan_wording, pump_wording
from tracker.selectors.evidence_words import Evidence, day_words, moment_words
from tracker.selectors.medicine import baclofen

CLASS_WORDS: Mapping[FlagClass, Promise] = MappingProxyType(
    {
        FlagClass.EMERGENCY: gettext_lazy("Emergency"),
        FlagClass.SAME_DAY: gettext_lazy("Same-day"),
        FlagClass.WATCH: gettext_lazy("Watch"),
        FlagClass.INFORMATION: gettext_lazy("Information"),
    }
)

BASIS: Mapping[Rule, Promise] = MappingProxyType(
    {
        Rule.EMERGENCY_SIGN: gettext_lazy("Documented warning signs, with their sources."),
        Rule.SAME_DAY_SIGN: gettext_lazy("Documented warning signs; the class awaits review."),
        Rule.STOPPED_SUDDENLY: gettext_lazy("Boxed warning and labels: never stop suddenly."),
        Rule.NOT_TAKEN_RUN: gettext_lazy("Abrupt discontinuation, whatever the cause."),
        Rule.HOURS_SINCE_TAKEN: gettext_lazy("Abrupt discontinuation, whatever the cause."),
        Rule.SILENT_RUN: gettext_lazy("Silence is a reason to call."),
        Rule.DRUG_HOLIDAY: gettext_lazy("Definition of a drug holiday (Vrijens 2008)."),
        Rule.STOPPED_EARLY: gettext_lazy("Never stop suddenly; a taper is gradual."),
        **plan_wording.BASIS,
        Rule.AMOUNT_OR_EXTRA: gettext_lazy("Signs of too much can look the same."),
        Rule.SUPPLY: gettext_lazy("Running out is one way of stopping suddenly."),
        Rule.INTRATHECAL_SIGN: gettext_lazy(
            "Pump maker’s patient and emergency pages: any sign by pump is an emergency."
        ),
        Rule.REFILL_NEAR: gettext_lazy("Boxed warning: keep the refill schedule."),
        Rule.REFILL_PASSED: gettext_lazy("Boxed warning: keep the refill schedule."),
        Rule.LOW_RESERVOIR_PASSED: gettext_lazy(
            "Discharge sheet of a hospital; a published report; boxed warning."
        ),
        Rule.ALARM_NON_CRITICAL: gettext_lazy("Pump maker, alarms page."),
        Rule.ALARM_CRITICAL: gettext_lazy("Pump maker, alarms page."),
        Rule.REPLACEMENT: gettext_lazy("Pump maker: end of the pump’s service life."),
        Rule.PUMP_PROBLEM: gettext_lazy("Published reports of catheter and programming faults."),
        Rule.NO_ORAL_ON_HAND: gettext_lazy("Pump maker, responsibilities page."),
        Rule.UNDELIVERED: gettext_lazy("An alert that reaches nobody protects nobody."),
        Rule.SET_UP: gettext_lazy("Safety of set-up."),
        Rule.ZONE_MOVED: gettext_lazy("Dose times never move without the clinic being told."),
    }
)

_MISSING: Mapping[str, Promise] = MappingProxyType(
    {
        "missed_doses_threshold": gettext_lazy("missed doses in a row"),
        "hours_since_taken_threshold": gettext_lazy("hours since the last dose taken"),
        "silent_doses_threshold": gettext_lazy("doses without a log in a row"),
        "supply_days_threshold": gettext_lazy("days of supply left"),
        "step_change_days_threshold": gettext_lazy("days before a step change"),
        "sign_hours_threshold": gettext_lazy("hours after a step change"),
        "review_days_threshold": gettext_lazy("days without a review"),
        "refill_days_threshold": gettext_lazy("days before a refill"),
        "replacement_days_threshold": gettext_lazy("days before the pump's replacement"),
        "pump_record": gettext_lazy("the pump’s record"),
        "pump_refill_date": gettext_lazy("the pump’s refill date"),
        "pump_low_reservoir_date": gettext_lazy("the pump’s low-reservoir alarm date"),
        "out_of_hours_contact": gettext_lazy("the clinic's out-of-hours contact"),
        "patient_never_signed_in": gettext_lazy("the patient has never signed in"),
    }
)

_AMOUNT_FACTS: Mapping[str, Promise] = MappingProxyType(
    {
        "extra": gettext_lazy("Extra dose logged"),
        "amount": gettext_lazy("Amount taken said to differ from the amount entered"),
        "two_people": gettext_lazy("Two people logged one dose: one dose or two?"),
    }
)


def class_word(flag_class: str) -> str:
    """Return the word that stands beside a class's shape and colour; empty for no class."""
    return str(CLASS_WORDS[FlagClass(flag_class)]) if flag_class else ""


def local_moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a weekday, date and clock time as people in `zone` read it."""
    return date_format(at.astimezone(zone), "D j M H:i")


def local_clock(at: datetime, zone: ZoneInfo) -> str:
    """Return the clock time of an instant in `zone`."""
    return date_format(at.astimezone(zone), "H:i")


def clock_or_moment(at: datetime, zone: ZoneInfo, day: date) -> str:
    """Return the clock time of an instant on this local day, with its day on any other."""
    return local_clock(at, zone) if local_date(at, zone) == day else local_moment(at, zone)


def closed_clinic_text(clinic: Clinic, now: datetime) -> str:
    """Return that nobody at the clinic sees this before it opens; "" where somebody does."""
    if is_clinic_reached(clinic, now):
        return ""
    opens_at = clinic_opens_at(clinic, now)
    if opens_at is None:
        return _("The clinic has entered no opening hours. Do not count on an answer there.")
    return _("The clinic is closed until %(moment)s and nobody there will see this before.") % {
        "moment": local_moment(opens_at, clinic.zone_info)
    }


def flag_headline(flag: Flag) -> str:
    """Return the flag's fact in one line."""
    return _HEADLINES[Rule(flag.rule)](flag.evidence)


def flag_detail(flag: Flag, zone: ZoneInfo) -> str:
    """Return who said it and when, or what the threshold was and who counts from where."""
    for key, words in _DETAILS.items():
        if key in flag.evidence:
            return words(flag.evidence, zone)
    return ""


def flag_basis(flag: Flag) -> str:
    """Return the documented basis of the flag's rule."""
    return str(BASIS[Rule(flag.rule)])


def sign_names(signs: list[str]) -> str:
    """Return the names of documented signs, as the content gives them, in one line."""
    facts = baclofen()
    names = {sign.id: sign.name.lower() for sign in facts.signs}
    names |= {alike.id: alike.plain.rstrip(".").lower() for alike in facts.look_alikes}
    return ", ".join(names.get(sign, sign) for sign in signs)


def outcome_words(entry: Entry, zone: ZoneInfo, day: date) -> str:
    """Return an entry's outcome as a fact with its time; never "resolved" or "all clear".

    Beside a dose of `day`: what happened on another one is said with its day.
    """
    if entry.outcome == Outcome.TAKEN and entry.taken_at is not None:
        moment = clock_or_moment(entry.taken_at, zone, day)
        return _("Logged as taken at %(time)s") % {"time": moment}
    word = _("Logged as skipped at %(time)s")
    if entry.outcome == Outcome.MISSED:
        word = _("Logged as missed at %(time)s")
    return word % {"time": clock_or_moment(entry.received_at, zone, day)}


def alert_headline(alert: Alert) -> str:
    """Return the alert's fact in one line: "no log" for silence, never "missed"."""
    if alert.flag is not None:
        return flag_headline(alert.flag)
    dose = alert.dose
    values = {"time": clock_text(dose.wall_time) if dose is not None else ""}
    if alert.kind == AlertKind.NO_LOG:
        return _("No log for the %(time)s dose") % values
    entry = dose.standing_entry if dose is not None else None
    if entry is not None and entry.outcome == Outcome.SKIPPED:
        return _("The %(time)s dose was skipped") % values
    return _("The %(time)s dose was missed, somebody said so") % values


def alert_outcome(alert: Alert, zone: ZoneInfo) -> str:
    """Return why a closed alert closed, as a fact with its time; with its day after midnight."""
    day = alert.dose.local_date if alert.dose is not None else local_date(alert.opened_at, zone)
    entry = alert.dose.standing_entry if alert.dose is not None else None
    if alert.close_reason == CloseReason.ENTRY and entry is not None:
        return outcome_words(entry, zone, day)
    closed = clock_or_moment(alert.closed_at, zone, day) if alert.closed_at else ""
    if alert.close_reason == CloseReason.FLAG_CLOSED:
        return _flag_outcome(alert) % {"time": closed}
    words = {
        CloseReason.ENTRY: _("An entry was made at %(time)s"),
        CloseReason.ENTRY_VOIDED: _("The entry was taken back at %(time)s"),
        CloseReason.PLAN_STOPPED: _("The plan ended at %(time)s"),
        CloseReason.PLAN_HELD: _("The plan was put on hold at %(time)s"),
        CloseReason.PLAN_CHANGED: _("The plan was changed at %(time)s; the dose is not expected"),
        CloseReason.STAY: _("A stay was recorded at %(time)s; nobody is asked to log"),
        CloseReason.NOTED: _("The clinic closed it with a note at %(time)s"),
    }
    return words[CloseReason(alert.close_reason)] % {"time": closed}


def _flag_outcome(alert: Alert) -> str:
    """Return why a flag's alert closed: by a named person's note, by a fact, or by its class."""
    closings = (each for each in alert.events.all() if each.kind == AlertEventKind.CLOSED)
    if any(each.person_id is not None for each in closings):
        return _("The clinic closed it with a note at %(time)s")
    if alert.flag is not None and alert.flag.closed_at is None:
        return _("Less urgent since %(time)s; it stays on the clinic’s list")
    return _("What has been recorded since closed it at %(time)s")


def _said_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    moment = moment_words(evidence["at"], zone)
    if "by" not in evidence:
        return _("Said %(moment)s.") % {"moment": moment}
    return _("By %(name)s, %(moment)s.") % {"name": evidence["by"], "moment": moment}


def _run_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    text = _("%(first)s to %(last)s. Threshold typed for this plan: %(threshold)s.")
    return text % {
        "first": moment_words(evidence["first_due_at"], zone),
        "last": moment_words(evidence["last_due_at"], zone),
        "threshold": evidence["threshold"],
    }


def _holiday_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    return _("%(first)s to %(last)s, %(doses)s doses expected.") % {
        "first": day_words(evidence["first_on"]),
        "last": day_words(evidence["last_on"]),
        "doses": evidence["doses"],
    }


def _hours_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    since = moment_words(evidence["since"], zone)
    if evidence["counted_from"] == "taken":
        return _("Last dose logged taken: %(moment)s.") % {"moment": since}
    return _("No dose logged taken yet. First dose was due %(moment)s.") % {"moment": since}


def _early_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    return _("Stopped %(stopped)s. Step %(number)s, the last, was to begin %(begins)s.") % {
        "stopped": day_words(evidence["stopped_on"]),
        "number": evidence["last_step"],
        "begins": day_words(evidence["last_step_begins_on"]),
    }


def _supply_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    text = _("Threshold typed for this plan: %(threshold)s days.")
    return text % {"threshold": evidence["threshold"]}


def _set_up_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    """Return the list that the headline counts; nothing where the headline names the one."""
    missing = evidence["missing"]
    if len(missing) < 2:
        return ""
    return _("Not set: %(missing)s.") % {"missing": _missing_words(missing)}


def _zone_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    return _("From %(moment)s on, said by %(name)s. Until then %(place)s time.") % {
        "moment": moment_words(evidence["moves_at"], zone),
        "name": evidence["said_by"],
        "place": place_name(evidence["from_zone"]),
    }


_DETAILS: Mapping[str, Callable[[Evidence, ZoneInfo], str]] = MappingProxyType(
    {
        "at": _said_detail,
        "first_due_at": _run_detail,
        "first_on": _holiday_detail,
        "since": _hours_detail,
        "stopped_on": _early_detail,
        **plan_wording.DETAILS,
        "runs_out_on": _supply_detail,
        "missing": _set_up_detail,
        "moves_at": _zone_detail,
        "date_on": pump_wording.date_detail,
    }
)
"""How a flag's evidence is said, by the key that only evidence of that kind has."""


def _signs_headline(evidence: Evidence) -> str:
    return _("Sign reported: %(signs)s") % {"signs": sign_names(evidence["signs"])}


def _stopped_headline(_evidence: Evidence) -> str:
    return _("Somebody says that the medicine was stopped suddenly")


def _not_taken_headline(evidence: Evidence) -> str:
    count = evidence["doses"]
    return ngettext(
        "%(count)s dose reported missed or skipped",
        "%(count)s doses in a row reported missed or skipped",
        count,
    ) % {"count": count}


def _hours_headline(evidence: Evidence) -> str:
    hours = evidence["threshold"]
    return _("%(hours)s hours or more since the last dose logged taken") % {"hours": hours}


def _silent_headline(evidence: Evidence) -> str:
    count = evidence["doses"]
    return _("%(count)s doses in a row without a taken entry") % {"count": count}


def _holiday_headline(evidence: Evidence) -> str:
    days = evidence["days"]
    return _("Nothing taken on %(days)s consecutive days: drug holiday") % {"days": days}


def _early_headline(_evidence: Evidence) -> str:
    return _("Plan stopped before its last entered step")


def _amount_headline(evidence: Evidence) -> str:
    return "; ".join(str(_AMOUNT_FACTS[what]) for what in evidence["what"])


def _supply_headline(evidence: Evidence) -> str:
    return _("Supply said to run out %(day)s") % {"day": day_words(evidence["runs_out_on"])}


def _undelivered_headline(evidence: Evidence) -> str:
    return _("Alert could not be delivered to %(who)s") % {"who": evidence["who"]}


def _set_up_headline(evidence: Evidence) -> str:
    missing = evidence["missing"]
    if len(missing) > 1:
        return _("%(count)s things are not set") % {"count": len(missing)}
    return _("Not set: %(missing)s") % {"missing": _missing_words(missing)}


def _missing_words(missing: Sequence[str]) -> str:
    return ", ".join(str(_MISSING[name]) for name in missing)


def _zone_headline(evidence: Evidence) -> str:
    return _("Dose times move to %(place)s time") % {"place": place_name(evidence["to_zone"])}


_HEADLINES: Mapping[Rule, Callable[[Evidence], str]] = MappingProxyType(
    {
        Rule.EMERGENCY_SIGN: _signs_headline,
        Rule.SAME_DAY_SIGN: _signs_headline,
        Rule.STOPPED_SUDDENLY: _stopped_headline,
        Rule.NOT_TAKEN_RUN: _not_taken_headline,
        Rule.HOURS_SINCE_TAKEN: _hours_headline,
        Rule.SILENT_RUN: _silent_headline,
        Rule.DRUG_HOLIDAY: _holiday_headline,
        Rule.STOPPED_EARLY: _early_headline,
        **plan_wording.HEADLINES,
        Rule.AMOUNT_OR_EXTRA: _amount_headline,
        Rule.SUPPLY: _supply_headline,
        Rule.INTRATHECAL_SIGN: _signs_headline,
        Rule.REFILL_NEAR: pump_wording.refill_near,
        Rule.REFILL_PASSED: pump_wording.refill_passed,
        Rule.LOW_RESERVOIR_PASSED: pump_wording.low_reservoir_passed,
        Rule.ALARM_NON_CRITICAL: pump_wording.non_critical_alarm,
        Rule.ALARM_CRITICAL: pump_wording.critical_alarm,
        Rule.REPLACEMENT: pump_wording.replacement,
        Rule.PUMP_PROBLEM: pump_wording.problem,
        Rule.NO_ORAL_ON_HAND: pump_wording.no_oral,
        Rule.UNDELIVERED: _undelivered_headline,
        Rule.SET_UP: _set_up_headline,
        Rule.ZONE_MOVED: _zone_headline,
    }
)
