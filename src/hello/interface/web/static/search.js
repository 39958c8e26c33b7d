// Search as you type: suggestions below the field (ARIA combobox), and the results without loading the page again.
import { loadPage } from "./documents.js";
import { localize } from "./page.js";

const WAIT_MS = 200;
const form = document.querySelector("#search");
const input = form.elements.q;
const list = document.querySelector("#suggestions");
const results = document.querySelector("#results");
let timer = 0;
let asked = null;
let suggesting = null;

input.setAttribute("role", "combobox");
input.setAttribute("aria-expanded", "false");
input.setAttribute("aria-controls", list.id);
input.setAttribute("aria-autocomplete", "list");

function close() {
  suggesting?.abort();
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function option(title, number) {
  const item = document.createElement("li");
  item.id = `suggestion-${number}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.textContent = title;
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(item);
  });
  return item;
}

function show(titles) {
  list.replaceChildren(...titles.map(option));
  list.hidden = titles.length === 0 || document.activeElement !== input;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
}

function choose(item) {
  input.value = item.textContent;
  submit();
}

function select(step) {
  const options = [...list.children];
  const current = options.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = (current + step + options.length + (current < 0 && step < 0 ? 1 : 0)) % options.length;
  options.forEach((item, number) => item.setAttribute("aria-selected", String(number === next)));
  input.setAttribute("aria-activedescendant", options[next].id);
  options[next].scrollIntoView({ block: "nearest" });
}

async function suggest(signal) {
  const typed = input.value.trim();
  if (!typed) return show([]);
  const response = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal });
  show(response.ok ? (await response.json()).suggestions : []);
}

function address() {
  const given = [...new FormData(form)].filter(([, value]) => value.trim());
  return `${form.action}?${new URLSearchParams(given)}`;
}

// Says whether there was a list of gifts: what is wrong with a search is beside it, or is a page of its own.
async function load(url, signal) {
  const page = await loadPage(url, { signal });
  const found = page?.querySelector("#results");
  if (!found || page.querySelector(".problem")) return false;
  localize(found);
  results.replaceChildren(...found.childNodes);
  return true;
}

// A search that fails leaves the results as they are during typing, and otherwise loads the page.
async function search({ isTyping }) {
  clearTimeout(timer);
  asked?.abort();
  asked = new AbortController();
  const url = address();
  results.setAttribute("aria-busy", "true");
  try {
    const isShown = await load(url, asked.signal);
    results.setAttribute("aria-busy", "false");
    if (isShown) history.replaceState(null, "", url);
    if (!isTyping && (!isShown || form.querySelector(".problem"))) form.submit();
  } catch (error) {
    if (error.name === "AbortError") return;
    results.setAttribute("aria-busy", "false");
    if (!isTyping) form.submit();
  }
}

function submit() {
  close();
  search({ isTyping: false });
}

async function suggestAgain() {
  suggesting?.abort();
  const mine = new AbortController();
  suggesting = mine;
  await suggest(mine.signal).catch(() => mine.signal.aborted || show([]));
}

function typed() {
  suggestAgain();
  search({ isTyping: true });
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(typed, WAIT_MS);
});
input.addEventListener("blur", close);
input.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    select(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape") {
    event.preventDefault();
    close();
  } else if (event.key === "Enter") {
    const chosen = list.querySelector("[aria-selected=true]");
    if (!chosen) return close();
    event.preventDefault();
    choose(chosen);
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
