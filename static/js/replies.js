// Inserts a saved reply where one writes. Without this file the same button asks the server to do it.
const box = document.querySelector("[data-replies]");
const form = box?.closest("form");
const area = form?.elements[box.dataset.replies];
const began = form?.elements.began;
const inserted = form?.elements.inserted; // the times replies named as the next update's
const nextAt = form?.elements.next_at;
const GAP = /\[\[(?!\s)[^[\]\n]+\]\]/;

// As cases.replies.added: after what was typed, with an empty line between.
const added = (typed, reply) => (typed.trim() ? `${typed.trimEnd()}\n\n${reply}` : reply);

// As portal.console.replies_insert.carried: each once, five at most; nothing of a text that was taken out again.
const carried = (field, typed, value) => {
  const before = typed.trim() ? field.value.split(" ").filter(Boolean) : [];
  field.value = [...new Set(value ? [...before, value] : before)].slice(0, 5).join(" ");
};

// A changed time is filled in by the server, which knows how the customer reads it.
const timeChanged = () => nextAt && nextAt.value !== nextAt.defaultValue;

function insert(button) {
  const typed = area.value;
  area.value = added(typed, button.dataset.reply);
  carried(began, typed, button.value);
  if (inserted) carried(inserted, typed, button.dataset.names);
  box.querySelector("details").open = false;
  const status = box.querySelector("[data-inserted]");
  status.classList.remove("error");
  status.textContent = `“${button.dataset.title}” is in the text. Nothing is sent yet: read it, change it, then send.`;
  area.focus();
  const from = typed.trim() ? typed.trimEnd().length + 2 : 0;
  const gap = GAP.exec(area.value.slice(from));
  if (gap) area.setSelectionRange(from + gap.index, from + gap.index + gap[0].length);
  else area.setSelectionRange(area.value.length, area.value.length);
}

for (const button of box?.querySelectorAll("[data-reply]") ?? []) {
  button.addEventListener("click", (event) => {
    if (timeChanged()) return;
    event.preventDefault();
    insert(button);
  });
}
