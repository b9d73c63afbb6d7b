// A file of rows says how far it is while it is made. Without this script the form sends it as it is.
"use strict";

const NEW_LINE = 10;

// Reads lines from the answer until one is no count; what follows it is the file.
async function countedFile(answer, tell) {
  const reader = answer.body.getReader();
  const words = new TextDecoder();
  const blocks = [];
  let head = new Uint8Array(0);
  let file = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (file) { blocks.push(value); continue; }
    const joined = new Uint8Array(head.length + value.length);
    joined.set(head);
    joined.set(value, head.length);
    head = joined;
    for (let end = head.indexOf(NEW_LINE); end >= 0 && !file; end = head.indexOf(NEW_LINE)) {
      const [first, second] = words.decode(head.slice(0, end)).split(" ");
      head = head.slice(end + 1);
      if (/^\d+$/.test(first)) tell(Number(first), Number(second));
      else { file = { type: first, name: second }; blocks.push(head); }
    }
  }
  if (!file) throw new Error("cut short");
  return { name: file.name, blob: new Blob(blocks, { type: file.type }) };
}

function save({ name, blob }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

for (const form of document.querySelectorAll("form[data-counted]")) {
  const place = form.querySelector("[data-progress]");
  const label = place.querySelector("[data-say]");
  const bar = place.querySelector("progress");
  const failed = form.querySelector("[data-failed]");
  const begun = label.textContent;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    failed.hidden = true;
    place.hidden = false;
    label.textContent = begun;
    bar.removeAttribute("value");
    const asked = new FormData(form);
    asked.append("counted", "1");
    try {
      const answer = await fetch(form.action, { method: "POST", body: asked });
      if (answer.status === 400) { form.submit(); return; }
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const made = await countedFile(answer, (done, total) => {
        if (!total) return;
        bar.max = total;
        bar.value = done;
        label.textContent = label.dataset.say.replace("{done}", done).replace("{total}", total);
      });
      save(made);
      bar.max = bar.value = 1;
      label.textContent = label.dataset.saved.replace("{name}", made.name);
    } catch {
      place.hidden = true;
      failed.hidden = false;
    }
    delete form.dataset.busy;
  });
}
