// Shows anew what would follow when a field that decides it changes. Without this file the button beside does it.
const form = document.querySelector("form[data-foresee]");
const names = form?.dataset.foresee.split(" ") ?? [];
const said = document.querySelector("[data-foreseen]");
const PARTS = ["[data-follows]", "[data-refused]"];
let asked = 0;

async function foresee() {
  const mine = (asked += 1);
  const sent = new FormData(form);
  sent.delete("added_files"); // nothing is kept of a look
  sent.set("show", "1");
  const answer = await fetch(location.href, { method: "POST", body: sent, redirect: "manual" }).catch(() => null);
  if (mine !== asked) return; // something else was chosen meanwhile
  if (!answer?.ok) {
    said.textContent = "What follows could not be shown for this choice. Press “Show what follows”.";
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  for (const part of PARTS) {
    const found = page.querySelector(part);
    if (found) document.querySelector(part)?.replaceChildren(...found.childNodes);
  }
  said.textContent = "Shown for what stands in the form now. Nothing is sent yet.";
}

form?.addEventListener("change", (event) => {
  if (names.includes(event.target.name)) foresee();
});
