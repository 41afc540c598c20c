// Small comforts. Every page works without this file.
const MINUTE = 60, HOUR = 3600, DAY = 86400;

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

// The same rounding as portal/templatetags/times.py.
function relative(seconds) {
  const size = Math.abs(seconds);
  if (seconds >= DAY) return "";
  let words = count(Math.floor(size / DAY), "day");
  if (size < MINUTE) words = "less than a minute";
  else if (size < HOUR - MINUTE / 2) words = count(Math.round(size / MINUTE), "minute");
  else if (size < DAY) words = `about ${count(Math.max(1, Math.floor(size / HOUR + 0.5)), "hour")}`;
  return seconds >= 0 ? `in ${words}` : `${words} late`;
}

function refresh() {
  for (const part of document.querySelectorAll("[data-relative]")) {
    const words = relative((Date.parse(part.dataset.relative) - Date.now()) / 1000);
    if (words && part.textContent !== words) part.textContent = words;
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
document.querySelector("[data-focus]")?.focus();
if (document.querySelector("[data-relative]")) setInterval(refresh, MINUTE * 1000);
