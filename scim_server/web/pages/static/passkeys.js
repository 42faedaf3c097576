// Asks the browser for a passkey, and sends what it answers with the form that holds the options.
"use strict";
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const answer = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      const told = form.querySelector("[data-told]");
      told.textContent = "";
      const publicKey = JSON.parse(form.dataset.options);
      publicKey.challenge = bytes(publicKey.challenge);
      if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
      for (const list of [publicKey.excludeCredentials, publicKey.allowCredentials]) {
        for (const each of list || []) each.id = bytes(each.id);
      }
      try {
        form.elements.credential.value = answer(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      } catch {
        told.textContent = told.dataset.told;
        return;
      }
      form.submit();
    });
  }
})();
