"""A reason that the pages gave is read in the reader's language, whoever acted in which."""

from uuid import uuid4

import pytest
from django.utils.translation import override

from accounts.clock import database_now
from accounts.models import User
from tests.cast import Cast, cast_make
from tests.tracker.days import log, plan_around, words
from tests.tracker.test_dose_doors import MINUTE
from tracker.models import Entry, EntryVoid, ExpectedDose
from tracker.selectors.reasons import SKIPPED_BECAUSE, reason_words
from tracker.services.answers import dose_settle


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast at the database's present, in a house where Isla reads Spanish."""
    cast = cast_make(database_now())
    User.objects.filter(pk=cast.isla.pk).update(language="es")
    return cast


@pytest.fixture
def doses(cast: Cast) -> dict[str, ExpectedDose]:
    """One dose that is due now."""
    return plan_around(cast, cast.now, due=-5 * MINUTE)


def test_what_was_taken_back_in_spanish_is_read_in_english(cast, doses) -> None:
    entry = log(cast, doses["due"], cast.now, by=cast.isla)
    browser = cast.client(cast.isla)
    browser.post(f"/feed/{cast.ewan.pk}/entries/{entry.pk}/undo/")
    assert EntryVoid.objects.get().reason == "Undone within ten minutes"
    text = words(cast.client(cast.ewan_user).get("/history/").content.decode())
    assert "Undone within ten minutes" in text


def test_why_a_dose_was_skipped_is_kept_once_and_read_in_each_language(cast, doses) -> None:
    browser = cast.client(cast.isla)
    door = f"/feed/{cast.ewan.pk}/log/{doses['due'].pk}/skip/"
    page = browser.get(door).content.decode()
    assert "Being sick" not in words(page)
    assert 'data-kept="Being sick"' in page, "what a phone without a network keeps"
    said = {"client_id": uuid4(), "reason": "sick", "own_words": "dos veces"}
    browser.post(door, said)
    entry = Entry.objects.get()
    assert entry.reason == "Being sick: dos veces"
    assert "Skipped: Being sick: dos veces" in words(
        cast.client(cast.ewan_user).get("/history/").content.decode()
    )
    with override("es"):
        chosen = reason_words(entry.reason)
    assert chosen.endswith(": dos veces")
    assert not chosen.startswith("Being sick")


def test_a_reason_with_a_name_in_it_is_read_in_each_language(cast, doses) -> None:
    keep = log(cast, doses["due"], cast.now)
    log(cast, doses["due"], cast.now - 3 * MINUTE, by=cast.isla)
    with override("es"):
        dose_settle(dose=doses["due"], keep=keep, by=cast.isla, now=database_now())
        read = reason_words(EntryVoid.objects.get().reason)
    assert EntryVoid.objects.get().reason == f"Settled: the entry of {keep.by.name} stands"
    assert keep.by.name in read
    assert "Settled" not in read


def test_own_words_and_rows_of_earlier_days_are_read_as_they_were_written() -> None:
    for kept in ("I dropped it", "Deshecho antes de diez minutos", "Corrected by Isla", ""):
        with override("es"):
            assert reason_words(kept) == kept


def test_every_reason_for_a_skipped_dose_reads_differently_in_spanish() -> None:
    with override("es"):
        assert not {reason_words(each) for each in SKIPPED_BECAUSE.values()} & set(
            SKIPPED_BECAUSE.values()
        )
