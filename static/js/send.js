// Ctrl+Enter in a text sends the form it stands in, by its first button, as a press on that would.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
  const { form } = event.target;
  const button = form?.querySelector(".row > button[type=submit]:not([name])");
  if (!button) return;
  event.preventDefault();
  form.requestSubmit(button);
});
