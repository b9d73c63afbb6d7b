// Drafts keep themselves: two seconds after the last key, and on leaving. What is not kept yet stays
// in this tab (sessionStorage, for the person signed in alone) and is offered back; it is forgotten
// as soon as the server has it. Without this script a draft is kept by its button.
"use strict";

const form = document.querySelector("[data-plan]");
const IDLE = 2000;

if (form) {
  const said = form.querySelector("[data-kept]");
  const clockAhead = Date.now() - Date.parse(form.dataset.now); // of this device's clock, about
  const place = `stepdown.plan ${form.dataset.user} ${location.pathname}`;
  const unsent = ["csrfmiddlewaretoken", "do"];
  let timer = 0;
  let isDirty = false;
  let isStopped = false; // somebody else's draft is newer: nothing more is sent from here
  let sending = null;

  const typed = () => [...new FormData(form)].filter(([name]) => !unsent.includes(name));
  const hold = () => {
    try {
      sessionStorage.setItem(place, JSON.stringify({ at: Date.now() - clockAhead, typed: typed() }));
    } catch { /* full: the server still gets it */ }
  };
  const held = () => {
    try {
      return JSON.parse(sessionStorage.getItem(place));
    } catch {
      return null;
    }
  };
  const say = (text, href, link) => {
    said.textContent = text;
    if (!href) return;
    const anchor = Object.assign(document.createElement("a"), { href, textContent: link });
    anchor.className = "link";
    said.append(" ", anchor);
  };

  const body = () => {
    const sent = new URLSearchParams(new FormData(form));
    sent.set("do", "autosave");
    return sent;
  };

  async function answered(answer) {
    if (answer.redirected || answer.status === 403) {
      isDirty = true;
      const again = `/account/login/?next=${encodeURIComponent(location.pathname)}`;
      return say(form.dataset.saidSignedOut, again, form.dataset.saidSignIn);
    }
    if (answer.status >= 500) throw new Error("away");
    const told = await answer.json();
    if (answer.ok) {
      form.elements.plan.value = told.plan;
      form.elements.opened_at.value = told.opened_at;
      if (!isDirty) sessionStorage.removeItem(place);
      return say(told.said);
    }
    isStopped = answer.status === 409;
    return say(told.said, told.href, form.dataset.saidNewer);
  }

  async function keep() {
    clearTimeout(timer);
    while (sending) await sending;
    if (!isDirty || isStopped) return;
    isDirty = false;
    sending = fetch(location.href, { method: "POST", body: body() })
      .then(answered)
      .catch(() => {
        isDirty = true;
        say(form.dataset.saidAway);
        timer = setTimeout(keep, 5 * IDLE);
      })
      .finally(() => {
        sending = null;
      });
    await sending;
  }

  function changed() {
    isDirty = true;
    hold();
    if (isStopped) return;
    clearTimeout(timer);
    timer = setTimeout(keep, IDLE);
  }

  // Small plans reach the server while the page goes; a larger one stays in the tab and is offered.
  function leaving() {
    if (!isDirty || isStopped) return;
    hold();
    navigator.sendBeacon(location.href, body());
  }

  function offer() {
    const left = held();
    if (!left) return;
    if (left.at <= Date.parse(form.dataset.keptAt || "")) return sessionStorage.removeItem(place);
    const bar = document.querySelector("[data-offer]");
    bar.querySelector("[data-offer-at]").textContent = new Date(left.at + clockAhead).toLocaleTimeString([], {
      hour: "2-digit",
      minute: "2-digit",
    });
    bar.hidden = false;
    bar.querySelector("[data-offer-drop]").addEventListener("click", () => {
      sessionStorage.removeItem(place);
      bar.hidden = true;
    });
    bar.querySelector("[data-offer-take]").addEventListener("click", () => putBack(left.typed));
  }

  function putBack(entries) {
    const again = document.createElement("form");
    Object.assign(again, { method: "post", hidden: true });
    const token = form.elements.csrfmiddlewaretoken.value;
    const all = [...entries, ["do", "restore"], ["csrfmiddlewaretoken", token]];
    for (const [name, value] of all) {
      const field = Object.assign(document.createElement("textarea"), { name, value });
      again.append(field);
    }
    document.body.append(again);
    sessionStorage.removeItem(place);
    again.submit();
  }

  if (form.dataset.restored === undefined) offer();
  else changed();
  form.addEventListener("input", (event) => {
    if (event.target.name !== "paste" && event.target.name) changed();
  });
  document.addEventListener("plan:changed", changed);
  // What is not kept yet is kept first: a session that has ended then costs nobody their typing.
  form.addEventListener("submit", async (event) => {
    if (!(isDirty || sending) || isStopped) return;
    event.preventDefault();
    await keep();
    if (isDirty) return;
    clearTimeout(timer);
    form.requestSubmit(event.submitter);
  });
  addEventListener("pagehide", leaving);
}
