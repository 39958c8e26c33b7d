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

input.setAttribute("role", "combobox");
input.setAttribute("aria-expanded", "false");
input.setAttribute("aria-controls", list.id);
input.setAttribute("aria-autocomplete", "list");

function close() {
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
  close();
  search();
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

async function load(url, signal) {
  const page = await loadPage(url, { signal });
  const found = page?.querySelector("#results");
  if (!found) return;
  localize(found);
  results.replaceChildren(...found.childNodes);
}

async function search() {
  clearTimeout(timer);
  asked?.abort();
  asked = new AbortController();
  const url = address();
  results.setAttribute("aria-busy", "true");
  try {
    await load(url, asked.signal);
    history.replaceState(null, "", url);
    results.setAttribute("aria-busy", "false");
  } catch (error) {
    if (error.name === "AbortError") return;
    results.setAttribute("aria-busy", "false");
    form.submit();
  }
}

async function typed() {
  asked?.abort();
  const suggesting = new AbortController();
  await Promise.all([suggest(suggesting.signal).catch(() => show([])), search()]);
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
  close();
  search();
});
