// Sends a file of people with its progress; the answer is a page whose report is shown here.
import { loadPage } from "./documents.js";

const TYPES = { csv: "text/csv", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson" };
const MB = new Intl.NumberFormat(navigator.languages, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(navigator.languages, { style: "percent" });
const form = document.querySelector("#import");
const input = form.elements.file;
const button = form.querySelector("button[type=submit]");
const running = form.querySelector(".running");
const bar = running.querySelector("progress");
const sent = running.querySelector("[data-part=sent]");
const problem = form.querySelector(".problem");
const report = document.querySelector("#report");
let upload = null;

function typeOf(file) {
  const chosen = form.elements.format.value;
  return chosen || TYPES[file.name.split(".").pop().toLowerCase()] || "";
}

function fail(text) {
  problem.querySelector("p").textContent = text;
  problem.hidden = !text;
}

function progress({ loaded, total }) {
  bar.max = total;
  bar.value = loaded;
  const size = `${MB.format(loaded / 1e6)} of ${MB.format(total / 1e6)} MB`;
  sent.textContent = loaded < total ? `${size} sent (${PERCENT.format(loaded / total)})` : `${size} sent. Saving …`;
  if (loaded === total) bar.removeAttribute("value");
}

function show(page) {
  const found = page?.querySelector("#report");
  if (found?.children.length) {
    report.replaceChildren(...found.childNodes);
    report.focus();
    return;
  }
  if (page?.querySelector("input[type=password]")) {
    fail("You are no longer logged in. Log in again, and send the file once more.");
    return;
  }
  const lead = page?.querySelector(".failure .lead")?.textContent ?? "The service could not read the file.";
  fail(lead);
}

function begin(file) {
  fail("");
  report.replaceChildren();
  button.disabled = true;
  running.hidden = false;
  progress({ loaded: 0, total: file.size });
  running.querySelector("button").focus();
}

async function send(file, type) {
  begin(file);
  upload = new AbortController();
  try {
    const body = { method: "POST", type, body: file, onUpload: progress };
    show(await loadPage(form.action, { signal: upload.signal, ...body }));
  } catch (error) {
    const isCancelled = error.name === "AbortError";
    const what = isCancelled ? "The import was cancelled." : "The connection was lost.";
    fail(`${what} Lines that were saved before stay saved; the same file may be sent again.`);
  } finally {
    upload = null;
    running.hidden = true;
    button.disabled = false;
    if (!report.children.length) button.focus();
  }
}

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = input.files;
  if (upload || !file) return;
  const type = typeOf(file);
  if (type) send(file, type);
  else fail("The name of the file does not say what it is: choose the format.");
});
running.querySelector("button").addEventListener("click", () => upload?.abort());
