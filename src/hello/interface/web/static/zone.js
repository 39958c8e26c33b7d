// Tells a reader for whom it is another day already, or still, than the page shows.
const notice = document.querySelector(".zone");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const parts = Object.fromEntries(
  new Intl.DateTimeFormat("en", { year: "numeric", month: "2-digit", day: "2-digit" })
    .formatToParts(new Date())
    .map((part) => [part.type, part.value]),
);
const here = `${parts.year}-${parts.month}-${parts.day}`;
const isChosen = new URLSearchParams(location.search).has("tz");

if (notice && zone && here !== notice.dataset.day && !isChosen) {
  const day = new Intl.DateTimeFormat(navigator.languages, { day: "numeric", month: "long" });
  notice.querySelector("b").textContent = day.format(new Date());
  notice.querySelector("a").href = `${notice.dataset.url}?tz=${encodeURIComponent(zone)}`;
  notice.hidden = false;
}
