"""From the content file to a `Medicine`, or to the list of everything that is wrong with it.

Pure: the caller reads the file. The rules the content must keep are those of product.md that
cannot be seen by reading one line: every sign cited and graded for both routes, nothing that
excuses waiting, nothing that names a cause or an amount.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from tracker.domain.content_reading import ContentProblem, InvalidContentError, Node
from tracker.domain.medicine import (
    PATIENT_FACING_KINDS,
    Caution,
    ClinicianTerm,
    Codes,
    Coding,
    Formulation,
    Indication,
    LookAlike,
    Medicine,
    PumpEvent,
    Reader,
    Review,
    RiskFactor,
    RouteComparison,
    RxNormProduct,
    SideEffect,
    Sign,
    Source,
    SourceKind,
    Urgency,
)
from tracker.domain.plan_states import Route

LONGEST_CARD_TEXT = 32  # a wallet card has two columns of this many characters

SourceIndex = Mapping[str, Source]


def medicine_from(raw: Mapping[str, object]) -> Medicine:
    """Return the medicine that the content file describes.

    Raises InvalidContentError with every problem found, each with its place in the file.
    """
    problems: list[ContentProblem] = []
    top = Node(raw, "", problems)
    sources = [_source(node) for node in top.children("sources")]
    index = {source.id: source for source in sources}
    medicine = Medicine(
        title=top.text("title"),
        version=top.text("version"),
        language=top.text("language"),
        review=_review(top.child("review")),
        sources=tuple(sources),
        signs=tuple(_sign(node, index) for node in top.children("signs")),
        pump_events=tuple(_pump_event(node, index) for node in top.children("pump_events")),
        look_alikes=tuple(_look_alike(node, index) for node in top.children("look_alikes")),
        side_effects=tuple(_side_effect(node, index) for node in top.children("side_effects")),
        cautions=tuple(_caution(node, index) for node in top.children("cautions")),
        risk_factors=tuple(_risk_factor(node, index) for node in top.children("risk_factors")),
        formulations=tuple(_formulation(node, index) for node in top.children("formulations")),
        routes_compared=tuple(_comparison(node, index) for node in top.children("routes_compared")),
        indications=tuple(_indication(node, index) for node in top.children("indications")),
        off_label_uses=tuple(_indication(node, index) for node in top.children("off_label_uses")),
        codes=_codes(top.child("codes")),
        open_questions=tuple(top.texts("open_questions")),
    )
    top.done()
    problems += _repeated_ids(medicine)
    if problems:
        raise InvalidContentError(problems)
    return medicine


def _repeated_ids(medicine: Medicine) -> Iterable[ContentProblem]:
    sections: dict[str, list[str]] = {
        "sources": [source.id for source in medicine.sources],
        "signs": [sign.id for sign in medicine.signs],
        "pump_events": [event.id for event in medicine.pump_events],
        "look_alikes": [alike.id for alike in medicine.look_alikes],
        "side_effects": [effect.id for effect in medicine.side_effects],
        "cautions": [caution.id for caution in medicine.cautions],
        "risk_factors": [factor.id for factor in medicine.risk_factors],
        "formulations": [form.id for form in medicine.formulations],
        "indications and off_label_uses": [
            use.id for use in (*medicine.indications, *medicine.off_label_uses)
        ],
    }
    for section, ids in sections.items():
        for repeated, count in Counter(ids).items():
            if count > 1 and repeated:
                yield ContentProblem(f"{section}[{repeated}].id", f"is used {count} times")


def _source(node: Node) -> Source:
    source = Source(
        id=node.text("id"),
        document=node.text("document"),
        section=node.text("section"),
        kind=node.choice("kind", SourceKind),
        was_read=node.text("was_read"),
        url=node.text_or_empty("url"),
    )
    if source.url and not source.url.startswith(("https://", "http://")):
        node.problem("url", "must be a web address")
    node.done()
    return source


def _review(node: Node) -> Review:
    reviewed_by = node.text_or_empty("reviewed_by") or None
    review = Review(
        reviewed_by=reviewed_by,
        reviewed_on=node.day("reviewed_on"),
        translation_reviewed_by=node.text_or_empty("translation_reviewed_by") or None,
        translation_reviewed_on=node.day("translation_reviewed_on"),
    )
    if (review.reviewed_by is None) is not (review.reviewed_on is None):
        node.problem("reviewed_by", "a review needs a name and a day, or neither")
    if (review.translation_reviewed_by is None) is not (review.translation_reviewed_on is None):
        node.problem("translation_reviewed_by", "a review needs a name and a day, or neither")
    node.done()
    return review


def _cited(node: Node, index: SourceIndex) -> tuple[Source, ...]:
    """Return the sources a fact names; a fact without one is a problem."""
    known = []
    for source_id in node.texts("sources"):
        if source_id in index:
            known.append(index[source_id])
        else:
            node.problem("sources", f"no source is called “{source_id}”")
    return tuple(known)


def _coding(node: Node) -> Coding | None:
    if node.take("snomed_ct") is None:
        return None
    coded = node.child("snomed_ct")
    coding = Coding(code=coded.text("code"), display=coded.text_or_empty("display"))
    coded.done()
    return coding


def _clinician_terms(node: Node) -> tuple[ClinicianTerm, ...]:
    if node.take("clinician_terms") is None:
        return ()
    terms = []
    for child in node.children("clinician_terms"):
        term = child.text("term")
        terms.append(ClinicianTerm(term=term, snomed_ct=child.text_or_empty("snomed_ct")))
        child.done()
    return tuple(terms)


def _sign(node: Node, index: SourceIndex) -> Sign:
    urgency = node.child("urgency")
    sign = Sign(
        id=node.text("id"),
        name=node.text("name"),
        plain=node.plain_or_empty("plain"),
        card=node.plain_or_empty("card"),
        reader=node.choice("audience", Reader),
        oral_urgency=urgency.choice("oral", Urgency),
        intrathecal_urgency=urgency.choice("intrathecal", Urgency),
        is_oral_urgency_inferred=node.flag("is_oral_urgency_inferred"),
        sources=_cited(node, index),
        snomed_ct=_coding(node),
        clinician_terms=_clinician_terms(node),
    )
    urgency.done()
    node.done()
    _check_urgency(node, sign)
    if sign.reader is Reader.PATIENT:
        _check_patient_sign(node, sign)
    return sign


def _check_urgency(node: Node, sign: Sign) -> None:
    if sign.intrathecal_urgency is not Urgency.EMERGENCY:
        node.problem("urgency.intrathecal", "every sign by pump is an emergency")
    if sign.oral_urgency is Urgency.INFORMATION:
        node.problem("urgency.oral", "a warning sign asks for a call at least")


def _check_patient_sign(node: Node, sign: Sign) -> None:
    if not sign.plain:
        node.problem("plain", "a sign shown to patients needs plain wording")
    if sign.sources and not any(source.kind in PATIENT_FACING_KINDS for source in sign.sources):
        kinds = ", ".join(sorted(PATIENT_FACING_KINDS))
        node.problem("sources", f"a sign shown to patients needs a source of kind {kinds}")
    if sign.oral_urgency is Urgency.EMERGENCY and not sign.card:
        node.problem("card", "an emergency by mouth needs words for the wallet card")
    if len(sign.card) > LONGEST_CARD_TEXT:
        node.problem("card", f"longer than {LONGEST_CARD_TEXT} characters")


def _pump_event(node: Node, index: SourceIndex) -> PumpEvent:
    event = PumpEvent(
        id=node.text("id"),
        name=node.text("name"),
        plain=node.plain("plain"),
        reader=node.choice("audience", Reader),
        urgency=node.choice("urgency", Urgency),
        urgency_once_date_passed=node.choice_or_none("urgency_once_date_passed", Urgency),
        note=node.text_or_empty("note"),
        sources=_cited(node, index),
    )
    node.done()
    return event


def _look_alike(node: Node, index: SourceIndex) -> LookAlike:
    alike = LookAlike(id=node.text("id"), plain=node.plain("plain"), sources=_cited(node, index))
    node.done()
    return alike


def _side_effect(node: Node, index: SourceIndex) -> SideEffect:
    effect = SideEffect(
        id=node.text("id"),
        name=node.plain("name"),
        plain=node.plain("plain"),
        sources=_cited(node, index),
        snomed_ct=_coding(node),
    )
    node.done()
    return effect


def _caution(node: Node, index: SourceIndex) -> Caution:
    caution = Caution(id=node.text("id"), plain=node.plain("plain"), sources=_cited(node, index))
    node.done()
    return caution


def _risk_factor(node: Node, index: SourceIndex) -> RiskFactor:
    routes = []
    for route in node.texts("routes"):
        if route in {str(known) for known in Route}:
            routes.append(Route(route))
        else:
            node.problem("routes", f"no route is called “{route}”")
    factor = RiskFactor(
        id=node.text("id"),
        name=node.text("name"),
        routes=tuple(routes),
        why=node.text("why"),
        sources=_cited(node, index),
        snomed_ct=_coding(node),
    )
    node.done()
    return factor


def _formulation(node: Node, index: SourceIndex) -> Formulation:
    form = Formulation(
        id=node.text("id"),
        name=node.plain("name"),
        route=node.choice("route", Route),
        sources=_cited(node, index),
    )
    node.done()
    return form


def _comparison(node: Node, index: SourceIndex) -> RouteComparison:
    comparison = RouteComparison(
        feature=node.text("feature"),
        oral=node.plain("oral"),
        intrathecal=node.plain("intrathecal"),
        sources=_cited(node, index),
    )
    node.done()
    return comparison


def _indication(node: Node, index: SourceIndex) -> Indication:
    indication = Indication(
        id=node.text("id"),
        name=node.text("name"),
        note=node.text_or_empty("note"),
        sources=_cited(node, index),
    )
    node.done()
    return indication


def _codes(node: Node) -> Codes:
    products = []
    for child in node.children("rxnorm_products"):
        product = RxNormProduct(
            rxcui=child.text("rxcui"), product=child.text("product"), seen_in=child.text("seen_in")
        )
        child.done()
        products.append(product)
    codes = Codes(
        attribution=node.text("attribution"),
        unii=node.text("unii"),
        atc=node.text("atc"),
        snomed_ct_substance=node.text("snomed_ct_substance"),
        rxnorm_products=tuple(products),
    )
    node.done()
    return codes
