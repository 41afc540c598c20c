// Small comforts. Every page works without this file.
const MINUTE = 60, HOUR = 3600, DAY = 86400;
const page = document.documentElement;
const plural = new Intl.PluralRules(page.lang || "en");

// English is known here; a page in another language brings its sentences in data-forms.
const unit = (word, about = "") => ({
  [word]: { one: `in ${about}{n} ${word}`, other: `in ${about}{n} ${word}s` },
  [`${word}-late`]: { one: `${about}{n} ${word} late`, other: `${about}{n} ${word}s late` },
});
const ENGLISH = {
  less: { other: "in less than a minute" }, "less-late": { other: "less than a minute late" },
  ...unit("minute"), ...unit("hour", "about "), ...unit("day"),
};

// The same rounding as portal/templatetags/times.py.
function rounded(size) {
  if (size < MINUTE) return ["less", 0];
  if (size < HOUR - MINUTE / 2) return ["minute", Math.round(size / MINUTE)];
  if (size < DAY) return ["hour", Math.max(1, Math.floor(size / HOUR + 0.5))];
  return ["day", Math.floor(size / DAY)];
}

function relative(seconds, sentences) {
  if (seconds >= DAY) return "";
  const [name, number] = rounded(Math.abs(seconds));
  const forms = sentences[seconds >= 0 ? name : `${name}-late`];
  return (forms[plural.select(number)] ?? forms.other).replace("{n}", number);
}

function refresh() {
  for (const part of document.querySelectorAll("[data-relative]")) {
    const { relative: stamp, forms } = part.dataset;
    const words = relative((Date.parse(stamp) - Date.now()) / 1000, forms ? JSON.parse(forms) : ENGLISH);
    if (words && part.textContent !== words) part.textContent = words;
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
document.querySelector("[data-focus]")?.focus();
if (document.querySelector("[data-relative]")) setInterval(refresh, MINUTE * 1000);
