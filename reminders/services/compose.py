"""Writes the words of a message in its recipient's language and zone.

Discreet by default: no medicine name and no amount, unless the recipient chose otherwise.
Subjects never say more than that there is something to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.domain.zones import local_date
from accounts.models import ContactPoint, Invitation, Patient
from accounts.models.contact_points import PUSH, SMS
from accounts.services.contact_points import contact_point_mint_token
from accounts.services.invitations import invitation_mint_mail_token
from reminders.channels.base import Letter, PushKeys
from reminders.domain.discretion import names_amount
from reminders.domain.messages import Purpose
from reminders.models import Message, Notification
from reminders.selectors.batches import Rights
from reminders.services.brief import Tap, Words, push_payload, short_text
from tracker.domain.flags import FlagClass
from tracker.models import Alert, ExpectedDose, PlanVersion
from tracker.selectors.plan_words import day_text
from tracker.selectors.wording import (
    alert_headline,
    alert_outcome,
    clock_or_moment,
    closed_clinic_text,
    local_clock,
    local_moment,
)


@dataclass(frozen=True, slots=True)
class Matter:
    """What a message is about: its lines, the oldest alert first, and who its readers are.

    `tokens` has the token of the one-tap link of each dose that is prompted.
    """

    lines: Sequence[Notification]
    rights: Rights
    tokens: Mapping[UUID, str]


def letter_for(
    *, message: Message, point: ContactPoint, matter: Matter, now: datetime, is_repeat: bool = False
) -> Letter:
    """Return the letter to send now; an address's own link is minted here and stored as a hash.

    A repeat, which an earlier sender may have sent already, says that it is one.
    """
    with translation.override(_language(message)):
        words = _words(message, point, matter, now)
        if is_repeat:
            words = replace(words, subject=_("%(title)s (repeat)") % {"title": words.subject})
        again = _("You may have had this message before.") if is_repeat else ""
        paragraphs = [again, *words.paragraphs, _("Stepdown is not an emergency service.")]
        short, payload = _small(words, message, point)
    return Letter(
        key=message.pk,
        address=point.address,
        subject=words.subject,
        body="\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n",
        short=short,
        payload=payload,
        written_at=now,
        push_keys=PushKeys(point.push_p256dh, point.push_auth) if point.push_auth else None,
        is_urgent=message.message_class in {FlagClass.EMERGENCY, FlagClass.SAME_DAY},
        is_repeat=is_repeat,
    )


def _small(words: Words, message: Message, point: ContactPoint) -> tuple[str, str]:
    """Return the text for a telephone and the note for a browser; mail has no use for either."""
    if point.kind == SMS:
        return short_text(words, is_discreet=point.is_discreet), ""
    if point.kind == PUSH:
        return "", push_payload(words, key=message.pk, is_discreet=point.is_discreet)
    return "", ""


def _language(message: Message) -> str:
    if message.person is not None:
        return message.person.language
    invitation = message.invitation
    if invitation is not None and invitation.patient is not None:
        return invitation.patient.language
    return settings.LANGUAGE_CODE


def _words(message: Message, point: ContactPoint, matter: Matter, now: datetime) -> Words:
    if message.invitation is not None:
        return _invitation(message.invitation, now)
    if message.purpose == Purpose.TEST:
        return _test()
    if message.contact_point is not None:
        return _verification(message.contact_point, now)
    if message.plan_version is not None:
        return _notice(message, message.plan_version)
    if message.purpose == Purpose.PROMPT:
        return _prompt(message, matter, point)
    if message.purpose == Purpose.FOLLOW_UP:
        return _follow_up(matter)
    return _about_alerts(message, matter, now)


def _about_alerts(message: Message, matter: Matter, now: datetime) -> Words:
    lines = matter.lines
    own = [line for line in lines if _is_own(message, line)]
    others = [line for line in lines if not _is_own(message, line)]
    if not others:
        return _question(own, now)
    alert = _alert(message, others, matter.rights, now)
    if not own:
        return alert
    question = _question(own, now)
    return replace(
        alert,
        paragraphs=[*question.paragraphs, *alert.paragraphs],
        detail=" ".join([question.brief, alert.detail]).strip(),
    )


def _is_own(message: Message, line: Notification) -> bool:
    """Tell whether the reader is the patient; a patient may help somebody else as well."""
    return message.person_id is not None and message.person_id == line.alert.patient.user_id


def _invitation(invitation: Invitation, now: datetime) -> Words:
    link = _address("accounts:join", invitation_mint_mail_token(invitation=invitation, now=now))
    clinic = invitation.clinic.name
    return Words(
        subject=_("Stepdown: an invitation from %(clinic)s") % {"clinic": clinic},
        paragraphs=[
            _("Hello %(name)s,") % {"name": invitation.name},
            _("%(clinic)s invites you to Stepdown.") % {"clinic": clinic},
            _("Open this link to see what for, and to say yes. It works once, for 72 hours:"),
            link,
            _("If you did not expect this, do nothing."),
        ],
        link=link,
    )


def _verification(point: ContactPoint, now: datetime) -> Words:
    link = _address("accounts:verify", contact_point_mint_token(contact_point=point, now=now))
    return Words(
        subject=_("Stepdown: confirm this address"),
        paragraphs=[
            _("Somebody asked Stepdown to send messages to this address."),
            _("Open this link to confirm that it is yours. It works for 72 hours:"),
            link,
            _("If you did not expect this, do nothing; no other message will come."),
        ],
        brief=_("If it is yours, open this link within 72 hours; if not, do nothing:"),
        link=link,
    )


def _test() -> Words:
    said = _("This is the test that was asked for. Messages reach this address.")
    return Words(
        subject=_("Stepdown: a test"),
        paragraphs=[said, _("Nothing is to be done.")],
        brief=said,
        page=reverse("accounts:me"),
    )


def _notice(message: Message, version: PlanVersion) -> Words:
    """Say what became of a plan, or that a step is near; amounts are read on the page alone."""
    patient = version.plan.patient
    is_own = message.person_id == patient.user_id
    whose = _("your plan") if is_own else _("the plan of %(name)s") % {"name": _first_name(patient)}
    path = reverse("entered-plan", args=[] if is_own else [str(patient.pk)])
    subject, fact, paragraphs = _notice_fact(message, version, whose)
    page = settings.PUBLIC_URL + path
    said = [fact, *paragraphs, page]
    return Words(subject=subject, paragraphs=said, detail=fact, link=page, page=path)


def _notice_fact(message: Message, version: PlanVersion, whose: str) -> tuple[str, str, list[str]]:
    """Return the subject, the fact, and what stands between it and the link to the page."""
    if message.step_number is not None:
        step = version.steps.get(number=message.step_number)
        about = {"day": day_text(step.begins_on), "whose": whose}
        fact = _("On %(day)s the next step of %(whose)s begins.") % about
        return _("Stepdown: a step is near"), fact, [_("What is entered for it:")]
    if message.purpose == Purpose.PLAN_CHANGED:
        moment = local_moment(version.counts_from_at, ZoneInfo(version.zone))
        about = {"whose": whose, "moment": moment}
        fact = _("The clinic has changed %(whose)s. The change counts from %(moment)s.") % about
        said = [_("Read it and say that you have seen it:")]
        return _("Stepdown: a plan has changed"), fact, said
    patient = version.plan.patient
    calls = [_("If anybody is not sure what to take, call the clinic."), *_clinic_numbers(patient)]
    if message.purpose == Purpose.PLAN_HELD:
        fact = _(
            "The clinic has put %(whose)s on hold. Until it resumes nothing more is expected to be "
            "logged."
        )
        return _("Stepdown: a plan is on hold"), fact % {"whose": whose}, calls
    fact = _("The clinic has ended %(whose)s. Nothing more is expected to be logged.")
    return _("Stepdown: a plan has ended"), fact % {"whose": whose}, calls


def _clinic_numbers(patient: Patient) -> list[str]:
    """Return the clinic's numbers, each on its own; a message is read at any hour."""
    clinic = patient.clinic
    lines = []
    if clinic.desk_phone:
        lines.append(_("In opening hours: %(number)s") % {"number": clinic.desk_phone})
    if clinic.out_of_hours_phone:
        lines.append(_("Out of hours: %(number)s") % {"number": clinic.out_of_hours_phone})
    return lines


def _prompt(message: Message, matter: Matter, point: ContactPoint) -> Words:
    asked = []
    for line in matter.lines:
        if line.dose is None:
            continue
        zone = line.dose.zone_info
        time = local_clock(line.dose.due_at, zone)
        text = _("Time to log: %(time)s.") % {"time": time}
        if names_amount(Purpose.PROMPT, is_discreet=point.is_discreet):
            text = _("Time to log: %(time)s, %(amount)s, as your clinic entered it.") % {
                "time": time,
                "amount": line.dose.amount,
            }
        asked.append((text, _address("one-tap", matter.tokens[line.dose.pk])))
    paragraphs = [each for pair in asked for each in pair]
    paragraphs.append(_("The link opens a page with one button. Opening it logs nothing."))
    first = asked[0] if len(asked) == 1 else ("", _address("today"))
    doses = [line.dose for line in matter.lines if line.dose is not None]
    return Words(
        subject=_("Stepdown: time to log"),
        paragraphs=paragraphs,
        brief=first[0],
        link=first[1],
        page=reverse("today"),
        tap=_tap(message, doses[0], matter) if len(doses) == 1 else None,
    )


def _tap(message: Message, dose: ExpectedDose, matter: Matter) -> Tap | None:
    if message.person_id is None:
        return None
    return Tap(
        dose=dose.pk,
        person=message.person_id,
        due_at=dose.due_at,
        zone=dose.zone_info.key,
        path=reverse("one-tap", args=[matter.tokens[dose.pk]]),
    )


def _question(lines: Sequence[Notification], now: datetime) -> Words:
    """Ask the patient what happened; nothing here calls a past dose due.

    A dose of another day is named with its day: today may have one at the same time.
    """
    doses = {line.dose.pk: line.dose for line in lines if line.dose is not None}.values()
    times = _(" and ").join(
        clock_or_moment(dose.due_at, dose.zone_info, local_date(now, dose.zone_info))
        for dose in doses
    )
    advice = {dose.version.missed_dose_advice for dose in doses}
    asked = _(
        "No log for %(times)s. Log what happened; do not take extra to catch up unless your "
        "clinic told you."
    ) % {"times": times}
    return Words(
        subject=_("Stepdown: please log what happened"),
        paragraphs=[
            asked,
            *(
                _("Your clinician wrote: %(advice)s") % {"advice": text}
                for text in sorted(advice)
                if text
            ),
            _address("today"),
        ],
        brief=asked,
        link=_address("today"),
        page=reverse("today"),
    )


def _alert(message: Message, lines: Sequence[Notification], rights: Rights, now: datetime) -> Words:
    is_emergency = message.message_class == FlagClass.EMERGENCY
    for_clinic = {line.pk: _is_for_clinic(line, rights) for line in lines}
    facts = [_fact(line.alert, is_for_clinic=for_clinic[line.pk]) for line in lines]
    help_now = ""
    if is_emergency:
        number = lines[0].alert.patient.clinic.emergency_number
        help_now = _("Get help now: call %(number)s. Do not wait for a reply here.") % {
            "number": number
        }
    paragraphs = [
        *facts,
        help_now,
        *(closed_clinic_text(line.alert.patient.clinic, now) for line in lines),
    ]
    paragraphs.append(_("Say “I have it”, or pass it on, here:"))
    pages = [reverse("worklist" if for_clinic[line.pk] else "feed") for line in lines]
    paragraphs += [settings.PUBLIC_URL + page for page in pages]
    return Words(
        subject=_("Stepdown: get help now")
        if is_emergency
        else _("Stepdown: something to look at"),
        paragraphs=list(dict.fromkeys(paragraphs)),
        brief=help_now,
        detail=" ".join(facts),
        link=settings.PUBLIC_URL + pages[0],
        page=pages[0],
    )


def _is_for_clinic(line: Notification, rights: Rights) -> bool:
    return line.person_id is None or rights.is_clinician(line.alert.patient, line.person_id)


def _follow_up(matter: Matter) -> Words:
    paragraphs = []
    page = ""
    for line in matter.lines:
        zone = ZoneInfo(line.alert.patient.zone)
        is_for_clinic = _is_for_clinic(line, matter.rights)
        fact = _fact(line.alert, is_for_clinic=is_for_clinic)
        values = {"fact": fact, "outcome": alert_outcome(line.alert, zone)}
        paragraphs.append(_("%(fact)s %(outcome)s.") % values)
        page = page or reverse("worklist" if is_for_clinic else "feed")
    return Words(
        subject=_("Stepdown: news about what you were told"),
        paragraphs=[*paragraphs, settings.PUBLIC_URL + page],
        detail=" ".join(paragraphs),
        link=settings.PUBLIC_URL + page,
        page=page,
    )


def _fact(alert: Alert, *, is_for_clinic: bool) -> str:
    zone = ZoneInfo(alert.patient.zone)
    name = _name(alert.patient, is_for_clinic=is_for_clinic)
    at = alert.dose.due_at if alert.dose is not None else alert.opened_at
    values = {"name": name, "fact": alert_headline(alert), "moment": local_moment(at, zone)}
    return _("%(name)s: %(fact)s (%(moment)s).") % values


def _name(patient: Patient, *, is_for_clinic: bool) -> str:
    """Return the whole name for the clinic, the first name for everybody else."""
    return patient.name if is_for_clinic else _first_name(patient)


def _first_name(patient: Patient) -> str:
    return patient.name.partition(" ")[0]


def _address(name: str, *arguments: str) -> str:
    return settings.PUBLIC_URL + reverse(name, args=arguments)
