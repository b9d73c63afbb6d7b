// The grid of a plan's steps by keyboard. Without this script every button works and sends the whole
// form; with it only the steps are drawn anew, Enter and the arrows go from cell to cell, Alt moves a
// step, Ctrl+V pastes rows and Ctrl+Z brings back what was deleted. The keys can be switched off.
"use strict";

const plan = document.querySelector("[data-plan]");
const KEYS_OFF = "stepdown.grid-keys-off";
let isUntouched = true; // nothing typed since the grid was drawn: Ctrl+Z means the deleted step

function areKeysOn() {
  return !localStorage.getItem(KEYS_OFF);
}

function showKeys() {
  for (const hint of document.querySelectorAll("[data-keys]")) {
    hint.hidden = false;
    hint.querySelector("[data-keys-switch]").checked = areKeysOn();
    hint.querySelector("[data-keys-on]").hidden = !areKeysOn();
  }
  for (const button of document.querySelectorAll("[data-route]")) button.hidden = true;
}

function inputAt(grid, row, place) {
  const cell = grid.rows[row] && grid.rows[row].cells[place];
  return cell && cell.querySelector("input:not([type=hidden])");
}

function go(input) {
  if (!input) return;
  input.focus();
  input.select();
}

// Press a button of the grid: the server changes the rows, and the steps are drawn anew in place.
async function press(value) {
  const sent = new URLSearchParams(new FormData(plan));
  sent.set("do", value);
  const waiting = setTimeout(() => {
    for (const bar of document.querySelectorAll("[data-progress]")) bar.hidden = false;
  }, 1000);
  try {
    const answer = await fetch(location.href, { method: "POST", body: sent });
    if (!answer.ok || answer.redirected) throw new Error("not drawn");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-steps]");
    if (!fresh) throw new Error("not drawn");
    document.querySelector("[data-steps]").replaceWith(fresh);
    isUntouched = true;
    showKeys();
    const target = fresh.querySelector("[autofocus]");
    if (target) target.focus();
    document.dispatchEvent(new CustomEvent("plan:changed"));
  } catch {
    sendWhole(value); // a page of its own says what is the matter
  } finally {
    clearTimeout(waiting);
  }
}

function sendWhole(value) {
  const button = document.createElement("button");
  Object.assign(button, { name: "do", value, hidden: true });
  plan.append(button);
  plan.requestSubmit(button);
}

// Put an earlier text into its cell, as its button says.
function putIn(button) {
  const input = document.getElementById(button.dataset.take);
  const earlier = button.parentElement.querySelector(".earlier .amt");
  input.value = earlier.textContent;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  settle(input);
  go(input);
}

// A cell that was asking and has a text now asks no more.
function settle(input) {
  const cell = input.closest("td.ask");
  const take = cell && cell.querySelector("[data-take]");
  if (!take || !input.value) return;
  cell.classList.remove("ask");
  cell.querySelector(".earlier").remove();
  input.removeAttribute("aria-describedby");
  take.remove();
}

function arrow(event, grid, row, place) {
  const { key, target } = event;
  const isAtStart = target.selectionStart === 0 && target.selectionEnd === 0;
  const isAtEnd = target.selectionStart === target.value.length;
  const isAll = target.selectionEnd - target.selectionStart === target.value.length;
  if (key === "ArrowUp") return inputAt(grid, row - 1, place);
  if (key === "ArrowDown") return inputAt(grid, row + 1, place);
  if (key === "ArrowLeft" && (isAtStart || isAll)) return inputAt(grid, row, place - 1);
  if (key === "ArrowRight" && (isAtEnd || isAll)) return inputAt(grid, row, place + 1);
  return null;
}

function gridKey(event) {
  const grid = event.target.closest("[data-grid]");
  if (!grid || event.target.tagName !== "INPUT" || event.isComposing) return;
  const cell = event.target.closest("th, td");
  const row = cell.parentElement.rowIndex;
  if (event.altKey && !event.ctrlKey && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const isUp = event.key === "ArrowUp";
    const last = grid.rows.length - 1;
    if (row > 0 && !(isUp ? row === 1 : row === last)) press(`${isUp ? "up" : "down"}-${row}`);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "Enter") {
    event.preventDefault();
    const next = inputAt(grid, row + 1, cell.cellIndex);
    if (next) go(next);
    else press("add-step");
    return;
  }
  const next = arrow(event, grid, row, cell.cellIndex);
  if (!next) return;
  event.preventDefault();
  go(next);
}

function undoKey(event) {
  const undo = document.getElementById("undo");
  if (!undo || event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  if (!isUntouched) return; // the browser takes back what was typed
  event.preventDefault();
  press("undo");
}

function pasteInto(event) {
  if (!areKeysOn() || !event.target.closest("[data-grid]")) return;
  const text = event.clipboardData.getData("text/plain");
  if (!/[\t\n]/.test(text.trim())) return; // one cell: the browser puts it in
  event.preventDefault();
  document.getElementById("paste").value = text;
  press("paste");
}

if (plan) {
  showKeys();
  plan.addEventListener("keydown", (event) => {
    if (areKeysOn()) gridKey(event);
  });
  document.addEventListener("keydown", (event) => {
    if (areKeysOn()) undoKey(event);
  });
  plan.addEventListener("paste", pasteInto);
  plan.addEventListener("input", (event) => {
    if (!event.target.closest("[data-grid]")) return;
    isUntouched = false;
    settle(event.target);
  });
  plan.addEventListener("change", (event) => {
    if (event.target.name === "route") sendWhole("route");
    if (!("keysSwitch" in event.target.dataset)) return;
    if (event.target.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
    showKeys();
  });
  plan.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (!button || !button.closest("[data-steps]")) return;
    event.preventDefault();
    if (button.dataset.take) putIn(button);
    else press(button.value);
  });
}
