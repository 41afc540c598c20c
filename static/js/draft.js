// Saves what is typed while filing a case, counts long texts, and names the browser's zone. All works without it.
const WAIT = 3000, EVERY = 10000, QUIET = 1000, FROM = 0.75;
const zone = document.querySelector("[data-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

const form = document.querySelector("form[data-draft]");
const store = `draft:${location.pathname}`;
const texts = () => [...form.elements].filter((one) => one.name && one.matches("textarea, input[type=text], input[type=tel], input[type=email]"));

function keepHere() {
  try { sessionStorage.setItem(store, JSON.stringify(texts().map((one) => [one.name, one.value]))); } catch { /* full or forbidden */ }
}

function bringBack() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("draft:") && key !== store) sessionStorage.removeItem(key);
  const kept = JSON.parse(sessionStorage.getItem(store) ?? "[]");
  for (const [name, value] of kept) {
    const field = form.elements[name];
    if (field) field.value = value; // newer than what the server has: it could not be saved
  }
  return kept.length > 0;
}

function autosave() {
  const line = form.querySelector("[data-saved]"), alarm = form.querySelector("[data-alarm]"), said = form.querySelector("[data-line]");
  let timer = 0, last = 0, failed = false, leaving = null, dirty = false;

  async function save() {
    last = Date.now();
    dirty = false;
    leaving = new AbortController();
    let answer = null;
    try {
      const reply = await fetch(form.dataset.draft, { method: "POST", body: new FormData(form), signal: leaving.signal });
      answer = await reply.json();
    } catch (why) {
      if (why.name === "AbortError") return;
    }
    if (answer?.saved) {
      const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      said.textContent = line.dataset.saved.replace("%s", now);
      alarm.textContent = "";
      failed = false;
      if (!dirty) sessionStorage.removeItem(store);
    } else if (answer?.ask) {
      said.textContent = line.dataset.ask;
    } else if (!answer || answer.saved === false) {
      keepHere();
      said.textContent = "";
      if (!failed) alarm.textContent = line.dataset.failed;
      failed = true;
    }
  }

  form.addEventListener("input", () => {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(WAIT, last + EVERY - Date.now()));
  });
  form.addEventListener("submit", () => { clearTimeout(timer); leaving?.abort(); if (failed) keepHere(); });
}

function count(field) {
  const line = form.querySelector("[data-left]"), told = form.querySelector("[data-told]"), most = Number(field.dataset.most);
  const shown = document.createElement("p");
  shown.className = "hint";
  shown.hidden = true;
  field.after(shown);
  let timer = 0;
  const say = () => {
    const left = most - [...field.value].length;
    shown.hidden = left > most * (1 - FROM);
    shown.className = left < 0 ? "error" : "hint";
    shown.textContent = shown.hidden ? "" : (left < 0 ? line.dataset.over : line.dataset.left).replace("%s", Math.abs(left).toLocaleString(document.documentElement.lang));
  };
  field.addEventListener("input", () => {
    say();
    clearTimeout(timer);
    timer = setTimeout(() => { told.textContent = shown.textContent; }, QUIET);
  });
  say();
}

if (form) {
  try { bringBack(); } catch { /* nothing is kept here */ }
  autosave();
  for (const field of form.querySelectorAll("[data-most]")) count(field);
}
