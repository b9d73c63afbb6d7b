"""What the public pages show, in order, with every source numbered once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext

from accounts.domain.opening_hours import OpenSpan
from accounts.templatetags.when import clock
from tracker.domain.medicine import (
    Caution,
    Cited,
    LookAlike,
    Medicine,
    PumpEvent,
    RouteComparison,
    SideEffect,
    Sign,
    Source,
    Urgency,
    sources_of,
)
from tracker.domain.plan_states import Route


@dataclass(frozen=True, slots=True)
class NumberedSource:
    """A source and its place in the list at the end of the page."""

    number: int
    source: Source


@dataclass(frozen=True, slots=True)
class Line:
    """One sign, event or look-alike."""

    plain: str
    name: str
    note: str
    sources: tuple[NumberedSource, ...]
    sign_id: str = ""  # names its icon; "" for what is no sign of a person
    is_above: bool = False  # a group above has it too: paper does not say it twice


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that ask for the same, under one heading."""

    anchor: str
    kind: str  # e, d or n, as in the style sheet
    icon: str
    title: str
    text: str
    lines: tuple[Line, ...]

    @property
    def has_lines_above(self) -> bool:
        """Whether paper leaves out lines of this group, because a group above has them."""
        return any(line.is_above for line in self.lines)


@dataclass(frozen=True, slots=True)
class SignsPage:
    """The whole page of warning signs."""

    medicine: Medicine
    groups: tuple[Group, ...]
    card: tuple[str, ...]
    references: tuple[NumberedSource, ...]


def signs_page(medicine: Medicine) -> SignsPage:
    """Return the page: emergencies first, then what can wait for a call, then look-alikes."""
    sections = _sections(medicine)
    references = _numbered(sources_of(fact for _, facts in sections for fact in facts))
    index = {reference.source.id: reference for reference in references}
    return SignsPage(
        medicine=medicine,
        groups=tuple(_group(heading, facts, index) for heading, facts in sections),
        card=tuple(sign.card for sign in medicine.patient_signs_by(Route.ORAL, Urgency.EMERGENCY)),
        references=references,
    )


@dataclass(frozen=True, slots=True)
class MedicinePage:
    """What is documented about the medicine itself."""

    medicine: Medicine
    cautions: tuple[Line, ...]
    side_effects: tuple[Line, ...]
    forms: tuple[tuple[str, str], ...]  # route, its forms
    form_sources: tuple[NumberedSource, ...]
    compared: tuple[tuple[RouteComparison, tuple[NumberedSource, ...]], ...]
    references: tuple[NumberedSource, ...]


def medicine_page(medicine: Medicine) -> MedicinePage:
    """Return the page about the medicine, every fact with its sources."""
    background: tuple[Cited, ...] = (*medicine.formulations, *medicine.routes_compared)
    cited: tuple[Cited, ...] = (*medicine.cautions, *medicine.side_effects, *background)
    references = _numbered(sources_of(cited))
    index = {reference.source.id: reference for reference in references}
    routes = ((gettext("By mouth"), Route.ORAL), (gettext("By pump"), Route.INTRATHECAL))
    return MedicinePage(
        medicine=medicine,
        cautions=tuple(_line(fact, index) for fact in medicine.cautions),
        side_effects=tuple(_line(fact, index) for fact in medicine.side_effects),
        forms=tuple(
            (words, ", ".join(form.name for form in medicine.formulations_by(route)))
            for words, route in routes
        ),
        form_sources=tuple(index[source.id] for source in sources_of(medicine.formulations)),
        compared=tuple(
            (row, tuple(index[source.id] for source in row.sources))
            for row in medicine.routes_compared
        ),
        references=references,
    )


def _numbered(sources: Iterable[Source]) -> tuple[NumberedSource, ...]:
    return tuple(NumberedSource(number, source) for number, source in enumerate(sources, start=1))


Fact = Sign | PumpEvent | LookAlike | SideEffect | Caution
Index = Mapping[str, NumberedSource]
Heading = tuple[str, str, str, str, str]  # anchor, kind, icon, title, text


def _sections(medicine: Medicine) -> list[tuple[Heading, Sequence[Fact]]]:
    by_mouth = medicine.patient_signs_by(Route.ORAL, Urgency.SAME_DAY_CALL)
    return [
        (
            ("mouth", "e", "emergency", gettext("By mouth or pump: get help now"),
             gettext("Emergency. Any one of these is enough.")),
            medicine.patient_signs_by(Route.ORAL, Urgency.EMERGENCY),
        ),
        (
            ("mouth-call", "d", "sameday", gettext("By mouth: call the clinic the same day"),
             gettext("By pump, see the next list.")),
            by_mouth,
        ),
        (
            ("pump", "e", "pump", gettext("By pump: these are emergencies too"),
             gettext("Everything in the first list, and these.")),
            [*medicine.patient_pump_events(Urgency.EMERGENCY), *by_mouth],
        ),
        (
            ("pump-call", "d", "sameday", gettext("By pump: call the clinic the same day"), ""),
            medicine.patient_pump_events(Urgency.SAME_DAY_CALL),
        ),
        (
            ("pump-dates", "n", "info", gettext("By pump: dates to keep in view"),
             gettext("Call the clinic to arrange them in time.")),
            medicine.patient_pump_events(Urgency.INFORMATION),
        ),
        (
            ("alike", "e", "emergency", gettext("Too much can look much the same"),
             gettext("Do not try to work out which it is. Get help now.")),
            medicine.look_alikes,
        ),
    ]  # fmt: skip


def _group(heading: Heading, facts: Iterable[Fact], index: Index) -> Group:
    anchor, kind, icon, title, text = heading
    is_by_mouth = anchor.startswith("mouth")
    lines = tuple(
        replace(
            _line(fact, index, is_by_mouth=is_by_mouth),
            is_above=anchor == "pump" and isinstance(fact, Sign),
        )
        for fact in facts
    )
    return Group(anchor=anchor, kind=kind, icon=icon, title=title, text=text, lines=lines)


def _line(fact: Fact, index: Index, *, is_by_mouth: bool = False) -> Line:
    return Line(
        plain=fact.plain,
        name="" if isinstance(fact, LookAlike | Caution) else fact.name,
        note=_note(fact, is_by_mouth=is_by_mouth),
        sources=tuple(sorted((index[source.id] for source in fact.sources), key=_number)),
        sign_id=fact.id if isinstance(fact, Sign) else "",
    )


def _number(reference: NumberedSource) -> int:
    return reference.number


def _note(fact: Fact, *, is_by_mouth: bool) -> str:
    """Return what a reader should know about this line, or ""."""
    if isinstance(fact, Sign) and fact.is_oral_urgency_inferred and is_by_mouth:
        return gettext("The sources name it for the pump only.")
    if isinstance(fact, PumpEvent) and fact.urgency_once_date_passed is Urgency.SAME_DAY_CALL:
        return gettext("Once that date has passed, call the clinic the same day.")
    return ""


def hours_in_words(hours: Sequence[OpenSpan]) -> list[str]:
    """Return the opening hours, neighbouring days with the same hours together.

    "Monday to Friday 08:00 to 18:00", one line for each run of days.
    """
    spans = {weekday: _spans_in_words(hours, weekday) for weekday in range(7)}
    lines = []
    for words, run in groupby(range(7), key=lambda weekday: spans[weekday]):
        days = list(run)
        if words:
            lines.append(f"{_days_in_words(days[0], days[-1])} {words}")
    return lines


def _days_in_words(first: int, last: int) -> str:
    if first == last:
        return str(WEEKDAYS[first])
    return gettext("%(first)s to %(last)s") % {"first": WEEKDAYS[first], "last": WEEKDAYS[last]}


def _spans_in_words(hours: Sequence[OpenSpan], weekday: int) -> str:
    of_the_day = sorted(
        (span for span in hours if span.weekday == weekday), key=lambda span: span.opens_time
    )
    return ", ".join(
        gettext("%(opens)s to %(closes)s")
        % {"opens": clock(span.opens_time), "closes": _closing(span)}
        for span in of_the_day
    )


def _closing(span: OpenSpan) -> str:
    return gettext("midnight") if span.closes_time.hour == 0 else clock(span.closes_time)
