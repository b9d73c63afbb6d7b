// A device that is in another time zone than the doses asks what that means. The question comes below
// the dose that is due, so that nothing moves under a thumb.
"use strict";

function askAboutZone() {
  const place = document.querySelector("[data-dose-zone]:not([data-asked])");
  const deviceZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!place || !deviceZone || deviceZone === place.dataset.doseZone) return;
  place.dataset.asked = "";
  const address = `${place.dataset.ask}?device=${encodeURIComponent(deviceZone)}`;
  htmx.ajax("GET", address, { target: place, swap: "innerHTML" });
}
askAboutZone();
// Logging a dose puts a new day in the place of the old one, the question with it.
document.addEventListener("htmx:afterSettle", askAboutZone);
