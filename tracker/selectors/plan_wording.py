"""Flags of a plan's own life, and of what nobody answered, in words with their basis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracker.domain.flags import Rule
from tracker.selectors.evidence_words import Evidence, day_words, moment_words


def _step_headline(evidence: Evidence) -> str:
    words = {"number": evidence["step"], "day": day_words(evidence["step_begins_on"])}
    return _("Step change: step %(number)s begins %(day)s") % words


def _after_step_headline(evidence: Evidence) -> str:
    return _("Sign reported within %(hours)s hours after a step change") % {
        "hours": evidence["threshold"]
    }


def _review_headline(evidence: Evidence) -> str:
    return _("Plan not reviewed for %(days)s days or more") % {"days": evidence["threshold"]}


def _hold_headline(evidence: Evidence) -> str:
    if evidence["is_review_passed"] and evidence["review_on"]:
        return _("Plan on hold, review date %(day)s passed") % {
            "day": day_words(evidence["review_on"])
        }
    return _("Plan on hold")


def _unsigned_headline(_evidence: Evidence) -> str:
    return _("Change of the plan not signed")


def _unseen_headline(evidence: Evidence) -> str:
    words = {"number": evidence["version"]}
    if evidence["has_begun"]:
        return _("Plan version %(number)s counts and nobody has confirmed seeing it") % words
    return _("Plan version %(number)s is signed and not yet confirmed as seen") % words


def _nobody_has_headline(evidence: Evidence) -> str:
    return _("Nobody has said “I have it”: %(about)s") % {"about": evidence["about"]}


def _nobody_has_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    return _("Others have been asked since %(moment)s. Flagged after %(minutes)s minutes.") % {
        "moment": moment_words(evidence["asked_since"], zone),
        "minutes": evidence["minutes"],
    }


def _check_in_headline(evidence: Evidence) -> str:
    return _("Check-in of %(day)s not answered") % {"day": day_words(evidence["expected_on"])}


def _check_in_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    if evidence["last_on"]:
        return _("Asked every %(days)s days. Last check-in: %(day)s.") % {
            "days": evidence["every_days"],
            "day": day_words(evidence["last_on"]),
        }
    return _("Asked every %(days)s days. No check-in yet.") % {"days": evidence["every_days"]}


def _step_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    text = _("Threshold typed for this plan: %(threshold)s days before a step change.")
    return text % {"threshold": evidence["threshold"]}


def _after_step_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    text = _("Said %(moment)s. Step %(number)s began %(day)s. Linked in time only.")
    return text % {
        "moment": moment_words(evidence["said_at"], zone),
        "number": evidence["step"],
        "day": day_words(evidence["step_began_on"]),
    }


def _review_detail(evidence: Evidence, _zone: ZoneInfo) -> str:
    text = _("Last signed or reviewed %(day)s. Threshold typed for this plan: %(threshold)s days.")
    return text % {"day": day_words(evidence["reviewed_on"]), "threshold": evidence["threshold"]}


def _hold_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    text = _("Held by %(name)s, %(moment)s. Review date %(day)s.")
    return text % {
        "name": evidence["held_by"],
        "moment": moment_words(evidence["held_at"], zone),
        "day": day_words(evidence["review_on"]) if evidence["review_on"] else _("not set"),
    }


def _unsigned_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    text = _("Typed by %(name)s to count from %(moment)s. Until it is signed nothing changes.")
    return text % {
        "name": evidence["typed_by"],
        "moment": moment_words(evidence["was_to_count_from"], zone),
    }


def _unseen_detail(evidence: Evidence, zone: ZoneInfo) -> str:
    return _("Counts from %(moment)s.") % {"moment": moment_words(evidence["counts_from"], zone)}


BASIS: Mapping[Rule, Promise] = MappingProxyType(
    {
        Rule.STEP_CHANGE: gettext_lazy("A taper is gradual; each step deserves an eye."),
        Rule.SIGN_AFTER_CHANGE: gettext_lazy("Linked in time only; no cause is claimed."),
        Rule.NOT_REVIEWED: gettext_lazy("A taper is led by a doctor."),
        Rule.ON_HOLD: gettext_lazy("Never stop suddenly: on hold no dose is expected."),
        Rule.CHANGE_NOT_SIGNED: gettext_lazy("A change counts only when it is wholly signed."),
        Rule.CHANGE_NOT_SEEN: gettext_lazy("A change that nobody has seen is followed by nobody."),
        Rule.NOT_ACKNOWLEDGED: gettext_lazy("An alert that nobody takes up protects nobody."),
        Rule.CHECK_IN_UNANSWERED: gettext_lazy("The end of a taper is not the end."),
    }
)

HEADLINES: Mapping[Rule, Callable[[Evidence], str]] = MappingProxyType(
    {
        Rule.STEP_CHANGE: _step_headline,
        Rule.SIGN_AFTER_CHANGE: _after_step_headline,
        Rule.NOT_REVIEWED: _review_headline,
        Rule.ON_HOLD: _hold_headline,
        Rule.CHANGE_NOT_SIGNED: _unsigned_headline,
        Rule.CHANGE_NOT_SEEN: _unseen_headline,
        Rule.NOT_ACKNOWLEDGED: _nobody_has_headline,
        Rule.CHECK_IN_UNANSWERED: _check_in_headline,
    }
)

DETAILS: Mapping[str, Callable[[Evidence, ZoneInfo], str]] = MappingProxyType(
    {
        "step_begins_on": _step_detail,
        "step_began_on": _after_step_detail,
        "reviewed_on": _review_detail,
        "held_at": _hold_detail,
        "was_to_count_from": _unsigned_detail,
        "counts_from": _unseen_detail,
        "asked_since": _nobody_has_detail,
        "expected_on": _check_in_detail,
    }
)
"""By the key that only evidence of that rule has."""
