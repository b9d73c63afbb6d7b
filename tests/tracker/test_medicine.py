"""What is documented about baclofen: nothing uncited, nothing ungraded, nothing that misleads."""

import copy
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import yaml

from tests.architecture.sources import ROOT
from tracker.checks import medicine_content_is_valid
from tracker.domain.content_reading import InvalidContentError
from tracker.domain.medicine import PATIENT_FACING_KINDS, Reader, Sign, Urgency
from tracker.domain.medicine_content import medicine_from
from tracker.domain.plan_states import Route
from tracker.selectors.medicine import CONTENT_FILE, baclofen, medicine_from_file

SHIPPED: dict[str, Any] = yaml.safe_load(CONTENT_FILE.read_text(encoding="utf-8"))
SIGNS = baclofen().signs


def by_id(raw: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    return next(item for item in raw[section] if item["id"] == name)


def fever(raw: dict[str, Any]) -> dict[str, Any]:
    return by_id(raw, "signs", "fever")


def problems_after(change: Callable[[dict[str, Any]], object]) -> list[str]:
    raw = copy.deepcopy(SHIPPED)
    change(raw)
    with pytest.raises(InvalidContentError) as refused:
        medicine_from(raw)
    return [str(problem) for problem in refused.value.problems]


# --- the shipped file


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.id)
def test_every_sign_cites_a_source_that_exists(sign: Sign) -> None:
    assert sign.sources
    assert set(sign.sources) <= set(baclofen().sources)


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: sign.id)
def test_every_sign_is_an_emergency_by_pump_and_asks_for_a_call_at_least_by_mouth(
    sign: Sign,
) -> None:
    assert sign.urgency(Route.INTRATHECAL) is Urgency.EMERGENCY
    assert sign.urgency(Route.ORAL) in {Urgency.EMERGENCY, Urgency.SAME_DAY_CALL}


@pytest.mark.parametrize("sign", baclofen().patient_signs(), ids=lambda sign: sign.id)
def test_every_sign_shown_to_patients_has_plain_words_and_a_source_they_could_be_shown(
    sign: Sign,
) -> None:
    assert sign.plain
    assert any(source.kind in PATIENT_FACING_KINDS for source in sign.sources)


@pytest.mark.parametrize("sign", ["seizure", "hallucination", "fever", "rebound_spasticity"])
def test_the_four_signs_that_can_kill_are_emergencies_by_both_routes(sign: str) -> None:
    found = baclofen().sign(sign)
    assert found.reader is Reader.PATIENT
    assert found.urgency(Route.ORAL) is found.urgency(Route.INTRATHECAL) is Urgency.EMERGENCY


def test_no_other_fact_stands_without_a_source() -> None:
    medicine = baclofen()
    facts = (
        *medicine.pump_events,
        *medicine.look_alikes,
        *medicine.side_effects,
        *medicine.cautions,
        *medicine.risk_factors,
        *medicine.formulations,
        *medicine.routes_compared,
        *medicine.indications,
        *medicine.off_label_uses,
    )
    assert all(fact.sources for fact in facts)


def test_an_urgency_by_mouth_that_no_source_names_is_marked_and_never_an_emergency() -> None:
    inferred = [sign for sign in SIGNS if sign.is_oral_urgency_inferred]
    assert inferred
    assert {sign.oral_urgency for sign in inferred} == {Urgency.SAME_DAY_CALL}


def test_patients_are_asked_about_emergencies_first() -> None:
    urgencies = [sign.oral_urgency for sign in baclofen().patient_signs()]
    assert urgencies == sorted(urgencies, key=lambda urgency: urgency is not Urgency.EMERGENCY)


def test_by_pump_every_sign_that_patients_see_is_an_emergency() -> None:
    medicine = baclofen()
    emergencies = medicine.patient_signs_by(Route.INTRATHECAL, Urgency.EMERGENCY)
    assert emergencies == medicine.patient_signs()


def test_a_sign_that_only_a_clinician_can_tell_is_not_asked_of_patients() -> None:
    assert "delirium" not in {sign.id for sign in baclofen().patient_signs()}


def test_the_content_says_that_no_clinician_has_reviewed_it() -> None:
    assert baclofen().review.is_reviewed is False


def test_a_review_with_a_name_and_a_day_counts() -> None:
    raw = copy.deepcopy(SHIPPED)
    raw["review"] = {"reviewed_by": "Dr Priya Raman", "reviewed_on": "2026-12-01"}
    review = medicine_from(raw).review
    assert review.is_reviewed
    assert review.reviewed_on == date(2026, 12, 1)


def test_the_facts_cannot_be_changed_once_read() -> None:
    with pytest.raises(AttributeError):
        baclofen().version = "tomorrow"  # type: ignore[misc]


def test_the_file_is_read_once() -> None:
    assert baclofen() is baclofen()


def test_forms_and_context_follow_the_route() -> None:
    medicine = baclofen()
    assert {form.id for form in medicine.formulations_by(Route.ORAL)} == {
        "tablet",
        "liquid",
        "granules",
    }
    assert [form.id for form in medicine.formulations_by(Route.INTRATHECAL)] == ["pump"]
    by_pump = {each.id for each in medicine.risk_factors if Route.INTRATHECAL in each.routes}
    assert "sci_t6_or_above" in by_pump
    assert "pregnancy" not in by_pump


# --- what cannot load

BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "sign without a source": (
        lambda raw: fever(raw).update(sources=[]),
        "signs[fever].sources",
        "at least one",
    ),
    "sign whose sources were forgotten": (
        lambda raw: fever(raw).pop("sources"),
        "signs[fever].sources",
        "at least one",
    ),
    "unknown source": (
        lambda raw: fever(raw)["sources"].append("HEARSAY"),
        "signs[fever].sources",
        "HEARSAY",
    ),
    "no urgency by mouth": (
        lambda raw: fever(raw)["urgency"].pop("oral"),
        "signs[fever].urgency.oral",
        "missing",
    ),
    "no urgency by pump": (
        lambda raw: fever(raw)["urgency"].pop("intrathecal"),
        "signs[fever].urgency.intrathecal",
        "missing",
    ),
    "no urgency at all": (
        lambda raw: fever(raw).pop("urgency"),
        "signs[fever].urgency",
        "mapping",
    ),
    "unknown urgency": (
        lambda raw: fever(raw)["urgency"].update(oral="whenever"),
        "signs[fever].urgency.oral",
        "none of these",
    ),
    "milder than an emergency by pump": (
        lambda raw: fever(raw)["urgency"].update(intrathecal="same_day_call"),
        "signs[fever].urgency.intrathecal",
        "emergency",
    ),
    "a sign that asks for nothing": (
        lambda raw: fever(raw)["urgency"].update(oral="information"),
        "signs[fever].urgency.oral",
        "call",
    ),
    "a patient's sign known only from papers": (
        lambda raw: fever(raw).update(sources=["LEO2005", "NSWIKI"]),
        "signs[fever].sources",
        "a source of kind",
    ),
    "a patient's sign without plain words": (
        lambda raw: fever(raw).pop("plain"),
        "signs[fever].plain",
        "plain wording",
    ),
    "an emergency without words for the card": (
        lambda raw: fever(raw).pop("card"),
        "signs[fever].card",
        "wallet card",
    ),
    "words too long for the card": (
        lambda raw: fever(raw).update(card="a temperature that is higher than usual"),
        "signs[fever].card",
        "longer than",
    ),
    "an excuse": (
        lambda raw: fever(raw).update(plain="A high temperature, unless you have a cold."),
        "signs[fever].plain",
        "unless",
    ),
    "another excuse": (
        lambda raw: fever(raw).update(plain="A high temperature with no cold."),
        "signs[fever].plain",
        "with no cold",
    ),
    "a cause": (
        lambda raw: by_id(raw, "look_alikes", "too_much_seizure").update(plain="An overdose fit."),
        "look_alikes[too_much_seizure].plain",
        "overdose",
    ),
    "an amount": (
        lambda raw: by_id(raw, "cautions", "driving").update(plain="Take 5 mg, then rest."),
        "cautions[driving].plain",
        "amount",
    ),
    "the same id twice": (
        lambda raw: raw["signs"].append(copy.deepcopy(fever(raw))),
        "signs[fever].id",
        "2 times",
    ),
    "the same source twice": (
        lambda raw: raw["sources"].append(copy.deepcopy(raw["sources"][0])),
        "sources[SEED].id",
        "2 times",
    ),
    "an unknown kind of source": (
        lambda raw: by_id(raw, "sources", "SEED").update(kind="hearsay"),
        "sources[SEED].kind",
        "none of these",
    ),
    "an address that is none": (
        lambda raw: by_id(raw, "sources", "RCH").update(url="javascript:alert(1)"),
        "sources[RCH].url",
        "web address",
    ),
    "a slip of the pen": (
        lambda raw: fever(raw).update(urgancy="emergency"),
        "signs[fever].urgancy",
        "not a known key",
    ),
    "a look-alike without a source": (
        lambda raw: by_id(raw, "look_alikes", "too_much_seizure").pop("sources"),
        "look_alikes[too_much_seizure].sources",
        "at least one",
    ),
    "a pump event without an urgency": (
        lambda raw: by_id(raw, "pump_events", "critical_alarm").pop("urgency"),
        "pump_events[critical_alarm].urgency",
        "missing",
    ),
    "an unknown route": (
        lambda raw: by_id(raw, "risk_factors", "stroke").update(routes=["by ear"]),
        "risk_factors[stroke].routes",
        "by ear",
    ),
    "a review without a day": (
        lambda raw: raw["review"].update(reviewed_by="Dr Priya Raman"),
        "review.reviewed_by",
        "a name and a day",
    ),
    "a day that is none": (
        lambda raw: raw.update(review={"reviewed_by": "Dr Raman", "reviewed_on": "soon"}),
        "review.reviewed_on",
        "date",
    ),
    "a flag that is no yes or no": (
        lambda raw: fever(raw).update(is_oral_urgency_inferred="perhaps"),
        "signs[fever].is_oral_urgency_inferred",
        "true or false",
    ),
    "a section that is missing": (lambda raw: raw.pop("signs"), "signs", "list"),
    "a sign that is only a word": (
        lambda raw: raw["signs"].append("fever"),
        "signs[35]",
        "mapping",
    ),
    "no version": (lambda raw: raw.pop("version"), "version", "not empty"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_content_that_breaks_a_rule_cannot_load_and_says_where(name: str) -> None:
    change, where, what = BROKEN[name]
    problems = problems_after(change)
    assert any(problem.startswith(where) and what in problem for problem in problems), problems


def test_every_mistake_is_named_at_once() -> None:
    def break_three(raw: dict[str, Any]) -> None:
        fever(raw)["sources"] = []
        by_id(raw, "signs", "seizure")["urgency"].pop("oral")
        by_id(raw, "cautions", "driving")["plain"] = ""

    problems = problems_after(break_three)
    assert [problem.split(":")[0] for problem in problems] == [
        "signs[seizure].urgency.oral",
        "signs[fever].sources",
        "cautions[driving].plain",
    ]


# --- the check that stops the boot


def test_the_shipped_file_lets_the_server_start() -> None:
    assert medicine_content_is_valid() == []


def test_an_invalid_file_stops_the_boot_with_an_id_for_each_mistake(tmp_path: Any) -> None:
    raw = copy.deepcopy(SHIPPED)
    fever(raw)["sources"] = []
    raw["title"] = ""
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    found = medicine_content_is_valid(path=path)
    assert {error.id for error in found} == {"tracker.E001"}
    assert len(found) == 2
    assert all("docs/operations.md" in (error.hint or "") for error in found)


@pytest.mark.parametrize("text", ["", "- a list", "title: [unclosed", "\0"])
def test_a_file_that_is_no_content_stops_the_boot_too(tmp_path: Any, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    assert {error.id for error in medicine_content_is_valid(path=path)} == {"tracker.E001"}


def test_a_missing_file_stops_the_boot_too(tmp_path: Any) -> None:
    with pytest.raises(InvalidContentError):
        medicine_from_file(tmp_path / "nowhere.yaml")


def test_reading_the_same_file_twice_gives_the_same_facts() -> None:
    assert medicine_from(SHIPPED) == baclofen()


def test_every_sign_that_patients_are_asked_about_has_a_drawing_of_its_own() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (ROOT / "config/static/signs.svg").read_text()))
    said_beside = {"stopped", "supply"}  # "I stopped suddenly", "my supply runs out on"
    assert {sign.id for sign in baclofen().patient_signs()} | said_beside == drawn
