"""The narrowest phone: what must be hit with a thumb stays wide enough."""

import pytest
from playwright.sync_api import Page

from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]


def test_the_way_home_is_wide_enough_for_a_thumb_at_320_pixels(
    idle_stack: Stack, page: Page
) -> None:
    idle_stack.start("valkey", "web")
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{idle_stack.url}/account/login/")
    box = page.get_by_role("link", name="Stepdown").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
