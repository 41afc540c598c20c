// Renews the numbers of the console's bar each minute, and says what is new; it moves nothing on the page.
const bar = document.querySelector("[data-counts]");
const news = document.querySelector("[data-news]");
const EVERY = 60_000;
let first = null;

function write(link, { words, counted }) {
  let bubble = link.querySelector(".bubble");
  if (!words) return bubble?.remove();
  if (!bubble) {
    bubble = document.createElement("span");
    bubble.className = "bubble";
    bubble.append(document.createElement("span"), document.createElement("span"));
    bubble.firstChild.ariaHidden = "true";
    bubble.lastChild.className = "visually-hidden";
    link.append(" ", bubble);
  }
  if (bubble.firstChild.textContent === words) return;
  bubble.firstChild.textContent = words;
  bubble.lastChild.textContent = `(${words} ${counted})`;
}

async function renew() {
  if (document.hidden) return;
  const answer = await fetch(bar.dataset.counts, { headers: { Accept: "application/json" }, redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return;
  const numbers = await answer.json();
  for (const link of bar.querySelectorAll("[data-count]")) if (numbers[link.dataset.count]) write(link, numbers[link.dataset.count]);
  const now = Number.parseInt(numbers.needs?.words || "0", 10);
  const more = now - (first ??= Number(news?.dataset.news ?? now));
  if (!news) return;
  news.hidden = more <= 0;
  const said = `${more} new`;
  if (more > 0 && news.firstElementChild.textContent !== said) news.firstElementChild.textContent = said;
}

setInterval(renew, EVERY);
