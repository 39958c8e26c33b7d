// What every page does: dates and amounts as the reader's language has them, and the focus on what went wrong.
const DAY = { day: "numeric", month: "long", year: "numeric" };
const STYLES = {
  day: new Intl.DateTimeFormat(navigator.languages, { ...DAY, timeZone: "UTC" }),
  "short-day": new Intl.DateTimeFormat(navigator.languages, { day: "numeric", month: "long", timeZone: "UTC" }),
  moment: new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeStyle: "medium" }),
};
const AMOUNT = new Intl.NumberFormat(navigator.languages, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function amount(cents) {
  return AMOUNT.format(cents / 100);
}

export function moment(text) {
  return STYLES.moment.format(new Date(text));
}

export function localize(root) {
  for (const time of root.querySelectorAll("time[data-format]")) {
    time.textContent = STYLES[time.dataset.format].format(new Date(time.dateTime));
  }
  for (const price of root.querySelectorAll("data.price")) {
    price.textContent = amount(Number(price.value));
  }
}

function focusOnProblem() {
  document.querySelector("[aria-invalid=true]")?.focus();
}

localize(document);
focusOnProblem();
