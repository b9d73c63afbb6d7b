"""A plan's parts in words: the same on the page, in the text that is signed and in the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from types import MappingProxyType

from django.utils.dateformat import format as format_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts.domain.audiences import Audience
from accounts.models import Clinic, User
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_input import clock_text
from tracker.domain.plan_reach import UntoldHours
from tracker.domain.plan_states import PlanState, Route
from tracker.domain.schedule import StepSpec
from tracker.selectors.medicine import baclofen

SHORT_WEEKDAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)
AUDIENCE_WORDS: Mapping[Audience, Promise] = MappingProxyType(
    {
        Audience.PATIENT: gettext_lazy("The patient"),
        Audience.CAREGIVERS: gettext_lazy("Caregivers who are alerted"),
        Audience.CLINIC: gettext_lazy("The clinic"),
    }
)
ROUTE_WORDS: Mapping[Route, Promise] = MappingProxyType(
    {
        Route.ORAL: gettext_lazy("by mouth"),
        Route.INTRATHECAL: gettext_lazy("by pump"),
    }
)
THRESHOLD_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        "missed_doses_threshold": gettext_lazy("Doses reported missed or skipped in a row"),
        "hours_since_taken_threshold": gettext_lazy("Hours since the last dose logged taken"),
        "silent_doses_threshold": gettext_lazy("Past doses in a row without a taken entry"),
        "supply_days_threshold": gettext_lazy("Days before the supply runs out"),
        "step_change_days_threshold": gettext_lazy("Days before a step changes"),
        "sign_hours_threshold": gettext_lazy("Hours after a step change in which a sign is noted"),
        "review_days_threshold": gettext_lazy("Days after which the plan asks for a review"),
        "refill_days_threshold": gettext_lazy("Days before the pump’s refill date"),
        "replacement_days_threshold": gettext_lazy("Days before the pump’s replacement date"),
    }
)
STATE_WORDS: Mapping[PlanState, Promise] = MappingProxyType(
    {
        PlanState.DRAFT: gettext_lazy("draft, not signed"),
        PlanState.AWAITING: gettext_lazy("waits for a second signature"),
        PlanState.ACTIVE: gettext_lazy("active"),
        PlanState.ON_HOLD: gettext_lazy("on hold"),
        PlanState.STOPPED: gettext_lazy("stopped"),
        PlanState.COMPLETED: gettext_lazy("completed"),
        PlanState.OBSERVATION: gettext_lazy("under observation after the last dose"),
        PlanState.CLOSED: gettext_lazy("closed"),
    }
)
MOVE_WORDS: Mapping[str, Promise] = MappingProxyType(
    {
        PlanState.AWAITING: gettext_lazy("Plan waits for a second signature."),
        PlanState.ACTIVE: gettext_lazy("Plan active."),
        PlanState.ON_HOLD: gettext_lazy("Plan put on hold."),
        PlanState.STOPPED: gettext_lazy("Plan stopped."),
        PlanState.COMPLETED: gettext_lazy("Plan completed."),
        PlanState.OBSERVATION: gettext_lazy("Observation after the last dose begins."),
        PlanState.CLOSED: gettext_lazy("Plan closed."),
    }
)


def day_text(on: date) -> str:
    """Return a date with its weekday and year: "Wed 9 Dec 2026"."""
    return format_date(on, pgettext("day with weekday and year", "D j M Y"))


def step_dates(step: StepSpec) -> str:
    """Return when a step runs, both days included."""
    first = day_text(step.begins_on)
    if step.ends_on is None:
        return _("from %(first)s, open-ended") % {"first": first}
    if step.ends_on == step.begins_on:
        return _("on %(first)s only") % {"first": first}
    return _("from %(first)s to %(last)s") % {"first": first, "last": day_text(step.ends_on)}


def delay_text(delay: timedelta) -> str:
    """Return a span in words: "45 minutes", "20 seconds", "1 minute 30 seconds"."""
    minutes, rest = divmod(delay, timedelta(minutes=1))
    seconds = rest // timedelta(seconds=1)
    words = []
    if minutes or not seconds:
        words.append(ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes})
    if seconds:
        words.append(ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds})
    return " ".join(words)


def rung_delay_text(delay: timedelta, route: Route) -> str:
    """Return when a rung comes: "At the dose time", "45 minutes after the dose time".

    A plan by pump has no dose times: its rungs count from the moment at which an alert opens.
    """
    if route is Route.INTRATHECAL:
        text = _("%(span)s after an alert opens") if delay else _("When an alert opens")
    else:
        text = _("%(span)s after the dose time") if delay else _("At the dose time")
    return text % {"span": delay_text(delay)}


def rung_text(rung: LadderRung, route: Route) -> str:
    """Return one rung in a line: when, who, and how often they are told again."""
    line = f"{rung_delay_text(rung.delay, route)}: {AUDIENCE_WORDS[rung.audience]}"
    again = repeat_text(rung)
    return f"{line}, {again}" if again else line


def repeat_text(rung: LadderRung) -> str:
    """Return how often a rung is told again; empty where it is told once."""
    if not rung.repeat_times:
        return ""
    return ngettext(
        "told again once, %(span)s later, at the next contact of each",
        "told again %(n)d times, every %(span)s, at the next contact of each",
        rung.repeat_times,
    ) % {"n": rung.repeat_times, "span": delay_text(rung.repeat_delay)}


def rungs_title(route: Route) -> str:
    """Return what the ladder of a plan by this route is for."""
    if route is Route.INTRATHECAL:
        return _("Who is told when something about the pump needs eyes")
    return _("Who is told when a dose has no log")


def weekdays_text(weekdays: Sequence[int]) -> str:
    """Return weekdays (0 = Monday): "every day", "Mon to Fri", "Mon, Wed"."""
    first, last = weekdays[0], weekdays[-1]
    if len(weekdays) == 7:
        return _("every day")
    if len(weekdays) > 2 and last - first + 1 == len(weekdays):
        return _("%(first)s to %(last)s") % {
            "first": SHORT_WEEKDAYS[first],
            "last": SHORT_WEEKDAYS[last],
        }
    return ", ".join(str(SHORT_WEEKDAYS[weekday]) for weekday in weekdays)


def untold_text(hours: UntoldHours) -> str:
    """Return one stretch of the week: "Fri 18:00 to Mon 08:00"."""
    words = {
        "days": weekdays_text(hours.weekdays),
        "from": clock_text(hours.from_time),
        "until": clock_text(hours.until_time),
    }
    if hours.days_later == 0:
        return _("%(days)s from %(from)s to %(until)s") % words
    if hours.days_later == 1:
        return _("%(days)s from %(from)s to %(until)s on the next day") % words
    ends_on = (hours.weekdays[0] + hours.days_later) % 7
    words["ends_on"] = str(SHORT_WEEKDAYS[ends_on])
    return _("%(days)s from %(from)s to %(ends_on)s %(until)s") % words


def untold_lines(untold: Iterable[UntoldHours] | None) -> list[str]:
    """Return the stretches in words; one line when it is every hour; none when it is no hour."""
    if untold is None:
        return [_("at every hour")]
    return [untold_text(hours) for hours in untold]


def threshold_lines(content: PlanContent) -> list[tuple[str, int | None]]:
    """Return each threshold's name and number; None where nothing was typed."""
    return [(str(THRESHOLD_WORDS[name]), number) for name, number in content.thresholds.items()]


def observation_text(days: int) -> str:
    """Return for how long check-ins go on after the last dose."""
    if not days:
        return _("None, as chosen")
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def formulation_text(content: PlanContent) -> str:
    """Return how the medicine is given: "Tablets, by mouth"."""
    names = {form.id: form.name for form in baclofen().formulations}
    return _("%(form)s, %(route)s") % {
        "form": names.get(content.formulation, content.formulation),
        "route": ROUTE_WORDS[content.route],
    }


def reason_text(content: PlanContent) -> str:
    """Return why the medicine is given, and that it is off-label where it is."""
    medicine = baclofen()
    documented = {each.id: each.name for each in medicine.indications}
    if content.indication in documented:
        return documented[content.indication]
    uses = {each.id: each.name for each in medicine.off_label_uses}
    named = uses.get(content.indication, content.indication)
    reasons = ". ".join(reason for reason in (named, content.off_label_reason) if reason)
    return _("Off-label: %(reason)s") % {"reason": reasons}


def risk_lines(content: PlanContent) -> list[str]:
    """Return the risk context on file, as named in the content file."""
    names = {factor.id: factor.name for factor in baclofen().risk_factors}
    return [names.get(factor, factor) for factor in content.risk_factors]


def dose_words(wall_time: time, amount: str) -> str:
    """Return one dose in plain text; the amount exactly as entered."""
    return f"{clock_text(wall_time)} {amount}"


def desk_name(clinic: Clinic) -> str:
    """Return what the clinic's desk contact is called."""
    return _("%(clinic)s, desk") % {"clinic": clinic.name}


def out_of_hours_name(clinic: Clinic) -> str:
    """Return what the clinic's out-of-hours contact is called."""
    return _("%(clinic)s, out of hours") % {"clinic": clinic.name}


def named_clinician_name(user: User) -> str:
    """Return the named clinician with the word for it."""
    return _("%(name)s, named clinician") % {"name": user.name}
