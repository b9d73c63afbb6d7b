"""Fixtures of the API's tests: the cast at the database's own clock, and their rows."""

import pytest

from accounts.models import User
from tests.api.callers import Caller
from tests.api.worlds import World, world_make
from tests.cast import Cast


@pytest.fixture
def world(live_cast: Cast) -> World:
    """Ewan's record with one row of everything."""
    return world_make(live_cast)


@pytest.fixture
def by(live_cast: Cast):
    """Return a caller for somebody of the cast; by("nobody") is not signed in."""

    def caller(name: str) -> Caller:
        if name == "nobody":
            return Caller(None)
        who = live_cast.ewan_user if name == "ewan" else getattr(live_cast, name)
        assert isinstance(who, User)
        return Caller(who)

    return caller
