// Single keys on the console's queues and on the page of a case. A preference turns them off: then this file is not there.
const ROWS = ".rows h3 a, .rows-table tbody a.name";
const ACTS = { u: "update", a: "acknowledge", e: "escalate", h: "offer" };
const help = document.querySelector("[data-keys]");
const said = document.querySelector("[data-keys-said]");

const rows = () => [...document.querySelectorAll(ROWS)];
const row = () => rows().find((one) => one.closest("li, tr").contains(document.activeElement));

function move(step) {
  const all = rows();
  const at = all.indexOf(row());
  all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
}

// The act's own page says why where it is not possible now; its text is where one goes on.
function act(verb) {
  const there = row();
  const link = there ? there.href.replace(/change\/$/, `act/${verb}/`) : document.querySelector(`a[href$="/act/${verb}/"]`)?.href;
  if (link && (there || !rows().length)) location.assign(`${link}#id_text`);
  else said.textContent = rows().length ? said.dataset.first : said.dataset.not;
}

const typing = (one) => one.isContentEditable || one.matches("input, textarea, select");

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (typing(target) || help.open) return;
  if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "o") row()?.click();
  else if (key === "?") help.showModal();
  else if (Object.hasOwn(ACTS, key)) act(ACTS[key]);
  else return;
  event.preventDefault();
});
