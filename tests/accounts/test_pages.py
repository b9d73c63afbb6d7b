"""Every page of this app opens for those it is for, and keeps what was typed when it refuses."""

import pytest

from tests.cast import Cast


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("priya", "/take-in/"),
        ("priya", "/patients/{samira}/invitation/"),
        ("priya", "/patients/{ewan}/invitation/"),
        ("priya", "/patients/{ewan}/people/"),
        ("ewan_user", "/patients/{ewan}/people/"),
        ("ewan_user", "/me/"),
        ("ewan_user", "/me/looks/"),
        ("isla", "/me/"),
        ("priya", "/me/"),
        ("stranger", "/me/"),
        ("admin", "/clinic/"),
        ("admin", "/clinic/harbour/"),
    ],
)
def test_every_page_opens_for_those_it_is_for(cast: Cast, who: str, address: str) -> None:
    path = address.format(ewan=cast.ewan.pk, samira=cast.samira.pk)
    response = cast.client(getattr(cast, who)).get(path)
    assert response.status_code == 200
    assert b"style=" not in response.content
