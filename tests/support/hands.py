"""Whether a page can be used with any hands: measured in the browser, on the page as it stands."""

import re

from playwright.sync_api import Page, ViewportSize

TARGET = 44
"""The least side of whatever is pressed, in CSS pixels."""
NARROW: ViewportSize = {"width": 320, "height": 640}
ZOOMED: ViewportSize = {"width": 320, "height": 256}  # 1280 x 1024 at 400 %
MOST_STOPS = 150
PARTS_OF_A_DATE = 4
"""How often Tab stops in one field for a date or a time."""

# A box in a label counts with its label; a link in a sentence is as high as its line (WCAG 2.5.8).
SMALL = """least => {
  const isShown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const inSentence = (e) => e.tagName === "A" && getComputedStyle(e).display === "inline" &&
    [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && n.data.trim().length > 2);
  const found = [];
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (e.type === "hidden" || !isShown(e) || inSentence(e)) continue;
    if (e.matches(".skip-link, .vh")) continue;
    const label = /checkbox|radio/.test(e.type) && e.closest("label");
    const box = (label || e).getBoundingClientRect();
    if (Math.min(box.width, box.height) < least - 0.5)
      found.push(`${Math.round(box.width)} x ${Math.round(box.height)}: ` +
        (e.innerText || e.name || e.outerHTML).trim().slice(0, 60));
  }
  return found;
}"""

# What a person says to press something must be part of what it is called (WCAG 2.5.3).
MISNAMED = """() => {
  const plain = (text) => text.toLowerCase().replace(/\\s+/g, " ").trim();
  return [...document.querySelectorAll("a[aria-label], button[aria-label], summary[aria-label]")]
    .filter((e) => e.innerText && !plain(e.ariaLabel).includes(plain(e.innerText)))
    .map((e) => `${e.innerText} / ${e.ariaLabel}`);
}"""

# In a low window the bar that lies over the page leaves two thirds of it.
HIGH_BAR = """() => [...document.querySelectorAll(".dock, .answer")]
  .filter((bar) => getComputedStyle(bar).position === "fixed")
  .some((bar) => bar.offsetHeight > innerHeight / 3)"""

MOVING = """() => [...document.querySelectorAll("*")]
  .flatMap((e) => ["", "::before", "::after"].map((part) => getComputedStyle(e, part))
    .filter((s) => [s.transitionDuration, s.animationName === "none" ? "0s" : s.animationDuration]
      .some((d) => d.split(",").some((each) => parseFloat(each) > 0)))
    .map(() => e.outerHTML.slice(0, 80)))"""

# Marks what a keyboard must come to: one radio button stands for its group.
STOPS = """() => {
  const groups = new Set();
  let number = 0;
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary")) {
    if (e.type === "hidden" || e.disabled) continue;
    if (!e.checkVisibility({ visibilityProperty: true })) continue;
    if (e.type === "radio") {
      if (groups.has(e.name)) continue;
      groups.add(e.name);
    }
    e.dataset.stop = number++;
  }
  document.activeElement?.blur();
  window.scrollTo(0, 0);
  return number;
}"""
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e);
  const group = e.type === "radio" &&
    document.querySelector(`input[type=radio][name="${e.name}"][data-stop]`);
  const box = (e.closest("label") || e).getBoundingClientRect();
  const bars = [...document.querySelectorAll(".dock, .answer")]
    .filter((bar) => !bar.contains(e) && getComputedStyle(bar).position === "fixed");
  return {
    isCovered: bars.some((bar) => box.top >= bar.getBoundingClientRect().top - 1),
    stop: (group || e).dataset.stop ?? "",
    isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    what: e.outerHTML.slice(0, 80),
  };
}"""


def hindrances(page: Page) -> list[str]:
    """Return what stands in somebody's way on this page, in words; [] is good.

    Leaves the page as wide as it was.
    """
    before = page.viewport_size
    found = [f"too small: {each}" for each in page.evaluate(SMALL, TARGET)]
    found += [f"called otherwise than it reads: {each}" for each in page.evaluate(MISNAMED)]
    found += [f"moves all the same: {each}" for each in page.evaluate(MOVING)]
    found += by_keyboard(page)
    for name, size in (("at 320 px", NARROW), ("at 400 %", ZOOMED)):
        page.set_viewport_size(size)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"runs sideways {name}")
        if page.evaluate(HIGH_BAR):
            found.append(f"the bar takes the page {name}")
        found += [f"too small {name}: {each}" for each in page.evaluate(SMALL, TARGET)]
    if before is not None:
        page.set_viewport_size(before)
    return found


def by_keyboard(page: Page) -> list[str]:
    """Return what Tab does not come to, and where the focus cannot be seen."""
    wanted = page.evaluate(STOPS)
    reached: set[str] = set()
    found = []
    parts = PARTS_OF_A_DATE * page.locator("input[type=date], input[type=time]").count()
    for _ in range(min(wanted + parts + 1, MOST_STOPS)):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None:
            break
        if not here["isSeen"]:
            found.append(f"focus not seen: {here['what']}")
        if here["isCovered"]:
            found.append(f"focus under the bar: {here['what']}")
        reached.add(here["stop"])
    missed = sorted({str(number) for number in range(wanted)} - reached, key=int)
    for number in missed[:5]:
        what = page.locator(f"[data-stop='{number}']").evaluate("e => e.outerHTML.slice(0, 80)")
        found.append(f"not reached with Tab: {what}")
    return found


def pages_of(pdf: bytes) -> int:
    """Return the number of sheets of a PDF as Chromium prints it."""
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))
