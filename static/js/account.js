// Passkeys, and a button that shows a password. A page without this file still has its other ways in.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

// What the server says of a passkey, as the browser wants it.
function wanted(key) {
  const asked = { ...key, challenge: bytes(key.challenge) };
  if (key.user) asked.user = { ...key.user, id: bytes(key.user.id) };
  if (key.excludeCredentials) asked.excludeCredentials = known(key.excludeCredentials);
  if (key.allowCredentials) asked.allowCredentials = known(key.allowCredentials);
  return asked;
}

// What the browser answered, as the server reads it.
function answered(credential) {
  const said = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) said[name] = text(credential.response[name]);
  }
  const id = credential.id, type = credential.type;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response: said, clientExtensionResults: credential.getClientExtensionResults() });
}

async function ask(form) {
  const doing = form.dataset.passkey;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("for", doing === "create" ? "add" : "get");
  const answer = await fetch(form.dataset.options, { method: "POST", body });
  if (!answer.ok) throw new Error(answer.statusText);
  const publicKey = wanted((await answer.json()).publicKey);
  return answered(await navigator.credentials[doing]({ publicKey }));
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.textContent = "";
    try {
      form.elements.credential.value = await ask(form);
      form.submit();
    } catch {
      failed.textContent = failed.dataset.passkeyFailed;
    }
  });
}

for (const field of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  const [show, hide] = [field.dataset.show, field.dataset.hide];
  button.type = "button";
  button.className = "button button-secondary after";
  button.textContent = show;
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? hide : show;
  });
  field.after(button);
  // A browser keeps what was typed into a field of words.
  field.form.addEventListener("submit", () => { field.type = "password"; });
}
