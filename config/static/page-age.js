// A public page that was kept and is opened later says when it was made.
"use strict";

const NEW_FOR = 900000; // milliseconds
const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
for (const line of document.querySelectorAll("[data-made-at]")) {
  const madeAt = new Date(line.dataset.madeAt);
  if (Date.now() - madeAt < NEW_FOR) continue;
  const moment = madeAt.toLocaleString(language, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
    hourCycle: "h23",
  });
  const words = line.querySelector("[data-say]");
  words.textContent = words.dataset.say.replace("{moment}", moment);
  line.hidden = false;
}
