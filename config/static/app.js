// Small comforts; every page works without them.
"use strict";

// A phone fetches its other scripts once the page is there, so that they delay no first paint; until
// then every form and link does its work without them. They run in the order of the page.
function fetchLater() {
  for (const later of document.querySelectorAll("script[data-src]")) {
    const script = document.createElement("script");
    script.src = later.dataset.src;
    script.async = false;
    later.replaceWith(script);
  }
}
if (document.readyState === "complete") fetchLater();
else addEventListener("load", fetchLater, { once: true });

// A print button is hidden until this script is here to answer it.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// An open menu closes with Escape and with a click elsewhere; the focus goes back to its button.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest("details.menu[open]");
  closeMenus(null);
  if (menu) menu.querySelector("summary").focus();
});

// What was sent and did not arrive, or was refused by a server that is away, says so beside its form;
// a tap that nobody heard must not look like one that counted. Parts that refresh themselves (no
// event began them) stay as they are.
function tellUnheard(event) {
  const asked = event.detail.requestConfig;
  if (!asked || !asked.triggeringEvent) return;
  const place = asked.elt.closest("form") || asked.elt;
  const line = document.createElement("p");
  line.className = "banner banner--wrong";
  line.dataset.unheard = "";
  line.setAttribute("role", "alert");
  line.textContent = place.dataset.failed || document.body.dataset.failed;
  forgetUnheard();
  place.before(line);
}
function forgetUnheard() {
  for (const line of document.querySelectorAll("[data-unheard]")) line.remove();
}
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, tellUnheard);
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const asked = event.detail.requestConfig;
  if (event.detail.shouldSwap && asked && asked.triggeringEvent) forgetUnheard();
});

// A page that could not be served asks for itself again, and opens once the answer is there. What
// only took a form cannot be opened again; then the start page is.
for (const note of document.querySelectorAll("[data-retry]")) {
  const wait = Number(note.dataset.retry) * 1000;
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.status < 500) return location.replace(answer.ok ? location.href : "/");
    } catch { /* still away */ }
    return setTimeout(ask, wait);
  };
  setTimeout(ask, wait);
}
