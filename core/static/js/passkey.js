// @ts-check
import { behaviour } from "./behaviours.js";
import { say } from "./words.js";

/**
 * A form that a passkey answers: `data-passkey="create"` or `"get"`, the server's options as JSON inside it,
 * `data-passkey-go` on its button, `data-passkey-answer` on the hidden field, `data-passkey-says` for what went wrong.
 * `data-passkey-missing` is shown where the browser or the address cannot do it.
 */
behaviour("form[data-passkey]", (form) => {
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector("[data-passkey-go]"));
  const answer = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-passkey-answer]"));
  const options = form.querySelector('script[type="application/json"]');
  if (!button || !answer || !options) return;
  if (!window.isSecureContext || !window.PublicKeyCredential) {
    const missing = /** @type {HTMLElement | null} */ (form.querySelector("[data-passkey-missing]"));
    if (missing) missing.hidden = false;
    return;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!(/** @type {HTMLFormElement} */ (form).reportValidity())) return;
    button.disabled = true;
    tell(form, "");
    try {
      const { publicKey } = JSON.parse(options.textContent ?? "{}");
      answer.value = JSON.stringify(await signed(form.dataset.passkey ?? "", publicKey));
      /** @type {HTMLFormElement} */ (form).requestSubmit();
    } catch (error) {
      const known = error instanceof DOMException && error.name === "InvalidStateError";
      tell(form, say(known ? "passkey_known" : "passkey_stopped"));
    } finally {
      button.disabled = false;
    }
  });
});

/**
 * @param {HTMLElement} form
 * @param {string} text
 */
function tell(form, text) {
  const place = /** @type {HTMLElement | null} */ (form.querySelector("[data-passkey-says]"));
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

/**
 * @param {string} what
 * @param {any} publicKey
 */
async function signed(what, publicKey) {
  publicKey.challenge = bytes(publicKey.challenge);
  for (const known of publicKey.allowCredentials ?? publicKey.excludeCredentials ?? []) known.id = bytes(known.id);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  const made =
    what === "create"
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
  return plain(/** @type {PublicKeyCredential} */ (made));
}

/** @param {PublicKeyCredential} credential */
function plain(credential) {
  const given = /** @type {any} */ (credential.response);
  /** @type {Record<string, string>} */
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = text(given[name]);
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  };
}

/** @param {string} base64url */
function bytes(base64url) {
  const letters = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer} buffer */
function text(buffer) {
  const letters = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
