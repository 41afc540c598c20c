// Says every half minute that somebody is at this case, viewing or writing, and shows who else is. Without it nobody is shown.
const line = document.querySelector("[data-presence]");
const EVERY = 30_000;
const PASSING = 1_500;
let kind = "viewing";

function show(words) {
  if (line.textContent !== words) line.textContent = words;
  line.hidden = !words;
}

async function speak() {
  if (document.hidden) return;
  const body = new URLSearchParams({ kind, csrfmiddlewaretoken: line.dataset.token });
  const answer = await fetch(line.dataset.presence, { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (answer?.ok) show((await answer.json()).words);
}

document.querySelector("main")?.addEventListener("input", ({ target }) => {
  if (kind === "writing" || !target.matches("textarea, input[type=text], input:not([type])")) return;
  kind = "writing";
  speak();
});
document.addEventListener("visibilitychange", speak);
setInterval(speak, EVERY);
// Who only passes by is not at the case.
setTimeout(speak, PASSING);
