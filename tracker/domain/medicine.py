"""What is documented about a medicine: signs, pump events, look-alikes, cautions, and who says so.

Facts only. Nothing here knows an amount to take, works one out, or says what a sign is caused by.
`tracker.domain.medicine_content` builds these from the content file and refuses what is invalid.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from tracker.domain.plan_states import Route


class Urgency(StrEnum):
    """What a documented sign or pump event asks for."""

    EMERGENCY = "emergency"
    SAME_DAY_CALL = "same_day_call"
    INFORMATION = "information"


class Reader(StrEnum):
    """For whom a sign is worded: a patient can be asked about it, or only a clinician can tell."""

    PATIENT = "patient"
    CLINICIAN = "clinician"


class SourceKind(StrEnum):
    """What a source is; only some kinds can carry a sign that patients are shown."""

    SEED = "seed"
    LABEL = "label"
    LABEL_COPY = "label-copy"
    REGULATOR = "regulator"
    PATIENT_INFO = "patient-info"
    PATIENT_LEAFLET = "patient-leaflet"
    MANUFACTURER = "manufacturer"
    HOSPITAL = "hospital"
    LITERATURE = "literature"
    SECONDARY = "secondary"


PATIENT_FACING_KINDS = frozenset(SourceKind) - {SourceKind.LITERATURE, SourceKind.SECONDARY}


@dataclass(frozen=True, slots=True)
class Source:
    """A document that was read, and how much of it was."""

    id: str
    document: str
    section: str
    kind: SourceKind
    was_read: str
    url: str  # "" when the text has no address of its own


@dataclass(frozen=True, slots=True)
class Coding:
    """A SNOMED CT code, as found in the IPS Free Set."""

    code: str
    display: str  # "" when the content file gives none


@dataclass(frozen=True, slots=True)
class ClinicianTerm:
    """Another name that clinicians use, with its code where one was found."""

    term: str
    snomed_ct: str


@dataclass(frozen=True, slots=True)
class Sign:
    """One documented warning sign."""

    id: str
    name: str
    plain: str  # what patients read; "" only on signs for clinicians
    card: str  # the same in the few words of a wallet card; "" where it is not printed there
    reader: Reader
    oral_urgency: Urgency
    intrathecal_urgency: Urgency
    is_oral_urgency_inferred: bool  # no source names this sign for the route by mouth
    sources: tuple[Source, ...]
    snomed_ct: Coding | None
    clinician_terms: tuple[ClinicianTerm, ...]

    def urgency(self, route: Route) -> Urgency:
        """Return what this sign asks for when baclofen is given by `route`."""
        return self.oral_urgency if route is Route.ORAL else self.intrathecal_urgency


@dataclass(frozen=True, slots=True)
class PumpEvent:
    """Something a pump does, or a date the clinic entered for it that is near or past."""

    id: str
    name: str
    plain: str
    reader: Reader
    urgency: Urgency
    urgency_once_date_passed: Urgency | None
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A sign of having too much, which can look the same; always an emergency."""

    id: str
    plain: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class SideEffect:
    """A common effect of the medicine itself."""

    id: str
    name: str
    plain: str
    sources: tuple[Source, ...]
    snomed_ct: Coding | None


@dataclass(frozen=True, slots=True)
class Caution:
    """One sentence that everybody who takes the medicine should know."""

    id: str
    plain: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """Context a clinician may record about a patient; shown, never counted."""

    id: str
    name: str
    routes: tuple[Route, ...]
    why: str
    sources: tuple[Source, ...]
    snomed_ct: Coding | None


@dataclass(frozen=True, slots=True)
class Formulation:
    """A form the medicine comes in."""

    id: str
    name: str
    route: Route
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class RouteComparison:
    """One line of the comparison of the two routes."""

    feature: str
    oral: str
    intrathecal: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Indication:
    """A reason for treatment; `note` says so where it is not an approved one."""

    id: str
    name: str
    note: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class RxNormProduct:
    """A product code and the public record in which it was seen."""

    rxcui: str
    product: str
    seen_in: str


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of the substance, with the attribution that their licence asks for."""

    attribution: str
    unii: str
    atc: str
    snomed_ct_substance: str
    rxnorm_products: tuple[RxNormProduct, ...]


SOURCE_LANGUAGE = "en"  # of the file that every other one is a translation of


@dataclass(frozen=True, slots=True)
class Review:
    """Which clinician reviewed this version of the content, and on which day; both or neither.

    The same for its translation, in a file that is one; of the source's own words that is nobody.
    """

    reviewed_by: str | None
    reviewed_on: date | None
    translation_reviewed_by: str | None = None
    translation_reviewed_on: date | None = None

    @property
    def is_reviewed(self) -> bool:
        """Whether a clinician has reviewed this version; until then a banner says that none has."""
        return self.reviewed_by is not None and self.reviewed_on is not None


@dataclass(frozen=True, slots=True)
class Medicine:
    """Everything the product says about one medicine."""

    title: str
    version: str
    language: str  # of all plain wording
    review: Review
    sources: tuple[Source, ...]
    signs: tuple[Sign, ...]
    pump_events: tuple[PumpEvent, ...]
    look_alikes: tuple[LookAlike, ...]
    side_effects: tuple[SideEffect, ...]
    cautions: tuple[Caution, ...]
    risk_factors: tuple[RiskFactor, ...]
    formulations: tuple[Formulation, ...]
    routes_compared: tuple[RouteComparison, ...]
    indications: tuple[Indication, ...]
    off_label_uses: tuple[Indication, ...]
    codes: Codes
    open_questions: tuple[str, ...]

    @property
    def is_unread_translation(self) -> bool:
        """Whether these are translated words that no clinician has compared with the source."""
        is_translation = self.language != SOURCE_LANGUAGE
        return is_translation and self.review.translation_reviewed_by is None

    def sign(self, sign_id: str) -> Sign:
        """Return the sign with this id; KeyError when the content has none."""
        return {sign.id: sign for sign in self.signs}[sign_id]

    def patient_signs(self) -> list[Sign]:
        """Return the signs patients can be asked about, emergencies by mouth first."""
        shown = [sign for sign in self.signs if sign.reader is Reader.PATIENT]
        return sorted(shown, key=lambda sign: sign.oral_urgency is not Urgency.EMERGENCY)

    def patient_signs_by(self, route: Route, urgency: Urgency) -> list[Sign]:
        """Return those of `patient_signs` that ask for `urgency` by this route."""
        return [sign for sign in self.patient_signs() if sign.urgency(route) is urgency]

    def patient_pump_events(self, urgency: Urgency) -> list[PumpEvent]:
        """Return the pump events of this urgency that a patient can notice or be told of."""
        return [
            event
            for event in self.pump_events
            if event.reader is Reader.PATIENT and event.urgency is urgency
        ]

    def formulations_by(self, route: Route) -> list[Formulation]:
        """Return the forms the medicine comes in for this route."""
        return [form for form in self.formulations if form.route is route]


class Cited(Protocol):
    """Anything that names its sources."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Who says so."""


def sources_of(facts: Iterable[Cited]) -> tuple[Source, ...]:
    """Return each source that the facts cite once, in the order of first appearance."""
    return tuple({source.id: source for fact in facts for source in fact.sources}.values())
