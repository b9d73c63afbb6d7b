"""Plans as a clinician would type them, for the tests."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tracker.domain.amounts import amount_problems

WHO = UUID("6f1c2f5e-0d6b-4a36-8b52-3d6f5d8f1c11")


def dose(time: str, amount: object, weekdays: str = "") -> dict[str, object]:
    """One cell of the grid."""
    return {"time": time, "amount": amount, "weekdays": weekdays}


def raw_step(begins_on: str = "2026-12-09", ends_on: str = "", *doses: Any) -> dict[str, Any]:
    """One row of the grid."""
    return {
        "begins_on": begins_on,
        "ends_on": ends_on,
        "is_dose_free": False,
        "note": "",
        "doses": list(doses),
    }


def raw_plan(**changed: object) -> dict[str, Any]:
    """Three steps, the clinic's usual ladder, and no threshold."""
    raw: dict[str, Any] = {
        "route": "oral",
        "zone": "Europe/London",
        "steps": [
            raw_step("Wed 9 Dec 2026", "", dose("08:00", "20 mg"), dose("20:00:30", "20 mg")),
            raw_step(
                "16 Dec 2026", "", dose("08:00", "half a 10 mg tablet"), dose("20:00:30", "7,5 mg")
            ),
            raw_step("2026-12-23", "2027-01-05", dose("08:00", "5 mg")),
        ],
        "formulation": "tablet",
        "indication": "multiple_sclerosis",
        "off_label_reason": "",
        "risk_factors": ["epilepsy"],
        "risk_note": "",
        "named_clinician": str(WHO),
        "rungs": [
            {"delay": "0", "audience": "patient"},
            {"delay": "45", "audience": "patient"},
            {"delay": "90", "audience": "caregivers"},
            {"delay": "180", "audience": "clinic"},
        ],
        "on_time_window": "45",
        "follow_up_delay": "0:20",
        "observation_days": "28",
        "missed_dose_advice": "",
    }
    return raw | changed


def amounts() -> st.SearchStrategy[str]:
    """Any text that may stand as an amount, comma, half tablets and other scripts included."""
    usual = st.sampled_from(["20 mg", "7.5 mg", "7.50 mg", "7,5 mg", "half a 10 mg tablet", "½"])
    any_text = st.text(
        st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]),
        min_size=1,
        max_size=80,
    )
    return usual | any_text.filter(lambda text: not amount_problems(text))
