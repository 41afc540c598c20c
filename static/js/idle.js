// Warns two minutes before an idle session ends. Without this file the server ends it all the same.
const box = document.querySelector("[data-idle]");
const MINUTE = 60_000, WARNING = 2 * MINUTE;
// The server notes a sign of life at most once a minute, so the end may be a minute nearer than the page is old.
const lasts = Number(box.dataset.idle) * MINUTE - MINUTE;
const words = box.querySelector("[data-over]");
let warning, end;

function begin() {
  clearTimeout(warning);
  clearTimeout(end);
  box.hidden = true;
  warning = setTimeout(() => { box.hidden = false; box.querySelector("button").focus(); }, Math.max(0, lasts - WARNING));
  end = setTimeout(() => { words.textContent = words.dataset.over; }, lasts + MINUTE);
}

box.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(event.target.action, { method: "POST", body: new FormData(event.target), redirect: "manual" }).catch(() => null);
  if (answer?.ok) begin();
  else words.textContent = words.dataset.over;
});
begin();
