"""Risk factors on file: put there and taken off by the clinic, shown as context, never counted."""

import pytest

from accounts.domain.problems import Refusal
from accounts.models import AuditRow
from tests.cast import Cast
from tests.tracker.days import at, tuesday_plan
from tests.tracker.flagging import THRESHOLDS, open_rules
from tracker.models import FlagEvent, Plan, RiskRecord
from tracker.selectors.around import patient_around
from tracker.selectors.chart import patient_chart
from tracker.selectors.course import course_of
from tracker.selectors.desk import peek
from tracker.selectors.urgent import on_file
from tracker.selectors.worklist import clinicians_patients
from tracker.services.flag_rules import flags_evaluate
from tracker.services.risks import risk_record, risk_take_off


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """A running plan with epilepsy in its signed context."""
    return tuesday_plan(cast, **THRESHOLDS, risk_factors=["epilepsy"])


def put(cast: Cast, factor: str = "stroke", note: str = "") -> RiskRecord:
    """Dr Raman puts a risk factor on Ewan's file."""
    return risk_record(patient=cast.ewan, by=cast.priya, factor=factor, note=note, now=at(9))


def shown(cast: Cast) -> tuple[str, ...]:
    """The context on Ewan's chart."""
    return patient_chart(cast.ewan, plan_id=None, now=at(10)).context.factors


def test_it_is_kept_with_who_put_it_there_and_the_note_as_typed(cast: Cast, plan: Plan) -> None:
    risk = put(cast, note=" 2019, left side ")

    assert (risk.recorded_by, risk.recorded_at, risk.note) == (cast.priya, at(9), "2019, left side")
    audit = AuditRow.objects.get(action="risk.recorded")
    assert (audit.actor, audit.detail) == (cast.priya, {"factor": "stroke"})


def test_it_stands_beside_the_signed_context_everywhere(cast: Cast, plan: Plan) -> None:
    put(cast)
    put(cast, "epilepsy")

    expected = ("Epilepsy", "Stroke")
    assert shown(cast) == expected
    patients = clinicians_patients(cast.priya, [cast.harbour], at(10))
    assert peek(patients, cast.ewan.pk, [], at(10)).context.factors == expected
    around = patient_around(cast.ewan_user, at(10))
    assert on_file(around, course_of(cast.ewan, at(10))) == expected
    assert on_file(around, None) == ("Stroke", "Epilepsy")


def test_it_is_taken_off_with_a_reason_and_both_stay_on_the_timeline(
    cast: Cast, plan: Plan
) -> None:
    risk = put(cast)
    with pytest.raises(Refusal, match="Say why"):
        risk_take_off(risk=risk, by=cast.adaeze, reason=" ", now=at(10))

    risk_take_off(risk=risk, by=cast.adaeze, reason="Another person's letter", now=at(10))

    assert shown(cast) == ("Epilepsy",)
    facts = {
        line.fact: line.quote
        for line in patient_chart(cast.ewan, plan_id=None, now=at(10)).timeline
    }
    assert facts["Put on file as context: Stroke."] == ""
    assert facts["Taken off file: Stroke."] == "Another person's letter"
    assert AuditRow.objects.get(action="risk.taken_off").actor == cast.adaeze
    with pytest.raises(Refusal, match="taken off file already"):
        risk_take_off(risk=risk, by=cast.adaeze, reason="Twice", now=at(11))
    put(cast)
    assert shown(cast) == ("Epilepsy", "Stroke")


def test_only_what_the_content_documents_is_put_on_file_and_once(cast: Cast, plan: Plan) -> None:
    put(cast)

    with pytest.raises(Refusal, match="on file already"):
        put(cast)
    with pytest.raises(Refusal, match="documented"):
        put(cast, "left-handed")
    with pytest.raises(Refusal, match="at most 200"):
        put(cast, "epilepsy", "x" * 201)
    assert RiskRecord.objects.count() == 1


def test_nothing_counts_it(cast: Cast, plan: Plan) -> None:
    flags_evaluate(plan=plan, now=at(22))
    before = open_rules(plan), FlagEvent.objects.count()
    for factor in ("stroke", "renal_impairment", "autonomic_dysreflexia", "prior_withdrawal"):
        put(cast, factor)

    flags_evaluate(plan=plan, now=at(22))

    assert (open_rules(plan), FlagEvent.objects.count()) == before
