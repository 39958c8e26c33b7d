// Keeps the status up to date while the page is visible, and announces changes only.
import { loadPage } from "./documents.js";
import { localize } from "./page.js";

const EVERY_MS = 10_000;
const overall = document.querySelector("#overall");
const details = document.querySelector("#details");
const pause = document.querySelector("#pause");
const note = document.querySelector("#note");
let timer = 0;
let loading = null;
let isPaused = false;

function say(text) {
  if (note.textContent !== text) note.textContent = text;
}

function show(page) {
  const [state, parts] = [page.querySelector("#overall"), page.querySelector("#details")];
  if (!state || !parts) throw new TypeError("another page");
  overall.className = state.className;
  if (overall.textContent !== state.textContent) overall.textContent = state.textContent;
  localize(parts);
  details.replaceChildren(...parts.childNodes);
}

function stop() {
  clearTimeout(timer);
  loading?.abort();
  loading = null;
}

async function refresh() {
  stop();
  const mine = new AbortController();
  loading = mine;
  try {
    show(await loadPage(location.href, { signal: mine.signal }));
    say("");
  } catch (error) {
    if (error.name === "AbortError") return;
    say("The service does not answer. What is shown here may be out of date.");
  }
  timer = setTimeout(refresh, EVERY_MS);
}

function follow() {
  if (document.hidden || isPaused) stop();
  else refresh();
}

pause.hidden = false;
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.textContent = isPaused ? "Resume updates" : "Pause updates";
  follow();
});
document.addEventListener("visibilitychange", follow);
timer = setTimeout(refresh, EVERY_MS);
