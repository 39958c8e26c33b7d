// Watches an order: the service sends each change (Server-Sent Events), and the browser connects again by itself.
import { moment } from "./page.js";

const FINAL = new Set(["SHIPPED", "CANCELLED"]);
const NAMES = { CREATED: "Created", CONFIRMED: "Confirmed", SHIPPED: "Shipped", CANCELLED: "Cancelled" };
const RETRY_MS = 2000;
const order = document.querySelector("#order");
const part = (name) => order.querySelector(`[data-part=${name}]`);
let source = null;
let timer = 0;

function say(text) {
  if (part("live").textContent !== text) part("live").textContent = text;
}

function showStep(step, moves, isCancelled) {
  const move = moves.find((one) => one.status === step.dataset.step);
  step.classList.toggle("reached", Boolean(move));
  if (step.dataset.step === "CANCELLED") step.hidden = !move;
  const place = step.querySelector("span");
  if (!move) {
    place.textContent = isCancelled ? "–" : "Not yet";
    return;
  }
  const time = document.createElement("time");
  time.dateTime = move.at;
  time.textContent = moment(move.at);
  place.replaceChildren(time);
}

function show(changed) {
  if (changed.version < Number(order.dataset.version)) return;
  order.dataset.version = changed.version;
  const status = part("status");
  status.className = `state ${changed.status.toLowerCase()}`;
  status.textContent = NAMES[changed.status];
  for (const step of part("steps").children) {
    showStep(step, changed.history, changed.status === "CANCELLED");
  }
  if (FINAL.has(changed.status)) {
    part("cancel").hidden = true;
    say(changed.status === "SHIPPED" ? "The gift is on its way." : "The order is cancelled.");
    stop();
  }
}

function stop() {
  clearTimeout(timer);
  source?.close();
  source = null;
}

// A browser gives up after an answer that is no stream, such as 503: then this asks again.
function lost() {
  if (source?.readyState === EventSource.CLOSED) {
    stop();
    timer = setTimeout(watchAgain, RETRY_MS);
  }
  say(navigator.onLine ? "The connection was lost. Connecting again …" : "You are offline.");
}

// A page that leads elsewhere now is one of a session that has ended: the log-in comes back here.
async function watchAgain() {
  const page = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  if (page?.type === "opaqueredirect") location.reload();
  else watch();
}

function watch() {
  stop();
  source = new EventSource(order.dataset.events);
  source.onopen = () => say("Watching live.");
  source.onerror = lost;
  for (const type of ["created", "updated", "confirmed", "shipped", "cancelled"]) {
    source.addEventListener(`order.${type}`, (event) => show(JSON.parse(event.data)));
  }
}

if (!FINAL.has(part("status").textContent.toUpperCase())) {
  addEventListener("online", watch);
  addEventListener("offline", () => say("You are offline."));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => {
    if (event.persisted) watch(); // back to a page that the browser has kept
  });
  watch();
}
