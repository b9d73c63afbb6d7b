// What the phone keeps: today's doses, after the patient agreed, and what was said without a network.
// Pages load this file, and so does the service worker; idb (vendor/idb.js) comes before it.
"use strict";

self.DeviceStore = (() => {
  const TRIES_AGAIN = [401, 403, 408, 429];
  const STUCK = 15000; // milliseconds after which a request counts as one without an answer

  const open = () => self.idb.openDB("stepdown", 1, {
    upgrade(database) {
      database.createObjectStore("kept");
      database.createObjectStore("out", { keyPath: "client_id" });
    },
  });
  const opened = {};
  const store = () => (opened.promise ||= open());

  const agreed = async () => (await store()).get("kept", "agreed");
  const agree = async (person) =>
    (await store()).put("kept", { person, at: new Date().toISOString() }, "agreed");
  const kept = async () => (await store()).get("kept", "today");

  // The doses are kept for the person who agreed, and for nobody else on this phone.
  async function keep(answer) {
    const yes = await agreed();
    if (!yes || yes.person !== answer.person) return false;
    await (await store()).put("kept", { ...answer, kept_at: new Date().toISOString() }, "today");
    return true;
  }
  async function unkeep() {
    const database = await store();
    await Promise.all([database.delete("kept", "today"), database.delete("kept", "agreed")]);
  }
  async function forget() {
    const database = await store();
    await Promise.all([database.clear("kept"), database.clear("out")]);
  }

  const add = async (item) =>
    (await store()).put("out", { ...item, said_at: new Date().toISOString(), is_parked: false });
  const drop = async (id) => (await store()).delete("out", id);
  // What the server said to an entry that came late, until the person has read it.
  const told = async () => (await (await store()).get("kept", "told")) || [];
  const read = async () => (await store()).delete("kept", "told");
  async function tell(item, said) {
    const isExtra = item.kind === "entry" && said.entry?.dose === null;
    const what = isExtra ? "extra" : said.question;
    if (!what) return;
    const note = { ...item, body: undefined, told: what, entry: said.entry.id };
    await (await store()).put("kept", [...(await told()), note], "told");
  }

  // The push subscription of this browser, and whose messages it shows.
  const pushed = async () => (await store()).get("kept", "push");
  const push = async (mark) => (await store()).put("kept", mark, "push");
  const unpush = async () => (await store()).delete("kept", "push");

  const inOrder = (items) => items.sort((one, other) => one.said_at.localeCompare(other.said_at));
  const all = async () => inOrder(await (await store()).getAll("out"));
  const waiting = async () => (await all()).filter((item) => !item.is_parked);
  const parked = async () => (await all()).filter((item) => item.is_parked);

  const ask = (address, options = {}) => fetch(address, {
    credentials: "same-origin", redirect: "manual", cache: "no-store",
    signal: AbortSignal.timeout(STUCK), ...options,
  });

  // Returns who is signed in, with the token that a write needs; null when nobody is or none answers.
  async function whoIsHere() {
    try {
      const answer = await ask("/api/v1/me/", { headers: { Accept: "application/json" } });
      return { status: answer.status, me: answer.ok ? await answer.json() : null };
    } catch {
      return { status: 0, me: null };
    }
  }

  // With what a dose entry says of time goes what this clock says now: it may be wrong.
  const clockOf = (item) => (["entry", "extra"].includes(item.kind)
    ? { device_now: new Date().toISOString() }
    : {});

  async function send(item, token) {
    try {
      return await ask(item.address, {
        method: "POST",
        headers: {
          "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token,
        },
        body: JSON.stringify({ ...item.body, ...clockOf(item), client_id: item.client_id }),
      });
    } catch {
      return null;
    }
  }

  // What the server will not file stays here with the server's words, until the person drops it.
  async function park(item, answer) {
    const said = await answer.json().catch(() => ({}));
    const reasons = (said.errors || []).map((error) => error.detail).filter(Boolean);
    const parkedItem = { ...item, is_parked: true, reason: reasons.join(" "), status: answer.status };
    await (await store()).put("out", parkedItem);
  }

  async function flushNow() {
    const found = { sent: 0, parked: 0, needsSignIn: false, ofOthers: 0 };
    const items = await waiting();
    if (!items.length) return { ...found, waiting: 0 };
    const { status, me } = await whoIsHere();
    if (me === null) {
      return { ...found, waiting: items.length, needsSignIn: [401, 403].includes(status) };
    }
    for (const item of items) {
      if (item.person !== me.id) {
        found.ofOthers += 1;
        continue;
      }
      const answer = await send(item, me.csrf_token);
      if (answer === null || answer.type === "opaqueredirect") break;
      if (answer.ok) {
        await tell(item, await answer.json().catch(() => ({})));
        await drop(item.client_id);
        found.sent += 1;
      } else if (answer.status >= 500 || TRIES_AGAIN.includes(answer.status)) {
        found.needsSignIn = answer.status === 401;
        break;
      } else {
        await park(item, answer);
        found.parked += 1;
      }
    }
    return { ...found, waiting: (await waiting()).length };
  }

  // One flush at a time, whatever number of pages is open.
  const flush = () => (self.navigator.locks
    ? self.navigator.locks.request("stepdown-flush", flushNow)
    : flushNow());

  return {
    agreed, agree, kept, keep, unkeep, forget, add, drop, waiting, parked, flush, told, read,
    pushed, push, unpush, whoIsHere,
  };
})();
