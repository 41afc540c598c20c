// Draws the brand's preview again while one chooses. Without this file the button "Preview" does the same.
const form = document.querySelector("[data-brand-form]");
const WAIT = 250; // milliseconds
let timer, asking;

// What was typed, without files: a picture is sent once, with the button.
function typed() {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  data.set("press", "preview");
  return data;
}

// The new sheet is there before the new preview, so that nothing is shown in the wrong colours.
function show(next) {
  const old = document.querySelector("[data-preview-sheet]");
  const sheet = old.cloneNode();
  const swap = () => {
    document.querySelector("#preview").replaceWith(next);
    old.remove();
  };
  sheet.href = next.dataset.previewSheetIs;
  sheet.addEventListener("load", swap);
  sheet.addEventListener("error", swap);
  old.after(sheet);
}

async function draw() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(form.getAttribute("action") || location.pathname, { method: "POST", body: typed(), signal: asking.signal });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#preview");
    if (next) show(next);
  } catch (why) {
    if (why.name !== "AbortError") throw why;
  }
}

form?.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  clearTimeout(timer);
  timer = setTimeout(draw, WAIT);
});
