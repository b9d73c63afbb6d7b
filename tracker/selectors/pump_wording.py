"""The flags of a pump in words: which date or event, as typed or told, and nothing worked out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tracker.domain.pumps import PumpDateKind, PumpEventKind
from tracker.selectors.evidence_words import Evidence, day_words

DATE_WORDS: Mapping[PumpDateKind, Promise] = MappingProxyType(
    {
        PumpDateKind.REFILL: gettext_lazy("Refill date"),
        PumpDateKind.LOW_RESERVOIR: gettext_lazy("Low-reservoir alarm date"),
        PumpDateKind.REPLACEMENT: gettext_lazy("Replacement date"),
    }
)

EVENT_WORDS: Mapping[PumpEventKind, Promise] = MappingProxyType(
    {
        PumpEventKind.REFILL_DONE: gettext_lazy("Refill done"),
        PumpEventKind.ALARM_CRITICAL: gettext_lazy("Critical alarm heard"),
        PumpEventKind.ALARM_NON_CRITICAL: gettext_lazy("Non-critical alarm heard"),
        PumpEventKind.CATHETER_PROBLEM: gettext_lazy("Catheter problem recorded"),
        PumpEventKind.PROGRAMMING_PROBLEM: gettext_lazy("Programming problem recorded"),
        PumpEventKind.ORAL_ON_HAND: gettext_lazy("Oral baclofen on hand"),
        PumpEventKind.NO_ORAL_ON_HAND: gettext_lazy("No oral baclofen on hand"),
    }
)


def refill_near(evidence: Evidence) -> str:
    """Say that the refill date is near; also true once it has gone by."""
    return _("Refill due %(day)s") % {"day": day_words(evidence["date_on"])}


def refill_passed(evidence: Evidence) -> str:
    """Say that the refill date has gone by."""
    return _("Refill date %(day)s passed") % {"day": day_words(evidence["date_on"])}


def low_reservoir_passed(evidence: Evidence) -> str:
    """Say that the low-reservoir alarm date has gone by without a refill on record."""
    text = _("Low-reservoir alarm date %(day)s passed, no refill recorded")
    return text % {"day": day_words(evidence["date_on"])}


def replacement(evidence: Evidence) -> str:
    """Say that the pump's replacement date is near, or has gone by."""
    text = _("Pump replacement date %(day)s is near")
    if evidence.get("passed"):
        text = _("Pump replacement date %(day)s passed")
    return text % {"day": day_words(evidence["date_on"])}


def critical_alarm(evidence: Evidence) -> str:
    """Say which alarm was heard, in the maker's words."""
    return _with_sound(_("Critical pump alarm heard"), evidence)


def non_critical_alarm(evidence: Evidence) -> str:
    """Say which alarm was heard, in the maker's words."""
    return _with_sound(_("Pump alarm heard"), evidence)


def problem(evidence: Evidence) -> str:
    """Say which problem a clinician recorded."""
    return str(EVENT_WORDS[PumpEventKind(evidence["what"])])


def no_oral(evidence: Evidence) -> str:
    """Say that no oral baclofen is on hand, or that what there is can no longer be used."""
    if "expired_on" in evidence:
        text = _("Oral baclofen on hand out of date since %(day)s")
        return text % {"day": day_words(evidence["expired_on"])}
    if evidence.get("instructed"):
        return _("No oral baclofen on hand as instructed")
    return _("No oral baclofen on hand")


def date_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    """Say what the clinician's threshold was, and whether a second person typed the date."""
    said = []
    if "threshold" in evidence:
        days = evidence["threshold"]
        text = ngettext(
            "Threshold typed for this plan: %(n)d day.",
            "Threshold typed for this plan: %(n)d days.",
            days,
        )
        said.append(text % {"n": days})
    confirmed = _("The date was typed by one person and confirmed by another.")
    if not evidence["confirmed"]:
        confirmed = _("Nobody has confirmed this date yet.")
    return " ".join([*said, confirmed])


def _with_sound(text: str, evidence: Evidence) -> str:
    if "sound" not in evidence:
        return text
    return _("%(alarm)s: %(sound)s") % {"alarm": text, "sound": evidence["sound"]}
