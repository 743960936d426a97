// @ts-check
import { csrfToken } from "../../js/csrf.js";
import { clock } from "../../js/words.js";
import { forgetBoards } from "./store.js";

/** The waiting screen of a paired tablet: choose oneself, six digits on big keys, in. */

const LENGTH = 6;
const STILL_PAIRED_EVERY = 15_000;
const CLOSE_AFTER = 30_000;

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("keypad"));
const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
const error = /** @type {HTMLElement} */ (dialog.querySelector(".error"));
const dots = [...dialog.querySelectorAll(".dots i")];
let pin = "";
let sent = false;
let closing = 0;

function draw() {
  dots.forEach((dot, index) => dot.classList.toggle("on", index < pin.length));
  const status = /** @type {HTMLElement} */ (dialog.querySelector(".dots"));
  status.dataset.count = String(pin.length);
}

function awake() {
  window.clearTimeout(closing);
  closing = window.setTimeout(() => dialog.close(), CLOSE_AFTER);
}

/** @param {string} digit */
function type(digit) {
  if (sent || pin.length >= LENGTH) return;
  error.textContent = "";
  pin += digit;
  draw();
  awake();
  if (pin.length === LENGTH) send();
}

function erase() {
  if (sent) return;
  pin = pin.slice(0, -1);
  draw();
  awake();
}

function send() {
  sent = true;
  field("pin").value = pin;
  field("csrfmiddlewaretoken").value = csrfToken(); // the page may have been open since yesterday
  dialog.classList.add("busy");
  form.submit();
}

function open() {
  pin = "";
  sent = false;
  draw();
  dialog.classList.remove("busy");
  dialog.showModal();
  awake();
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-person]"))) {
  button.addEventListener("click", () => {
    field("person").value = button.dataset.person ?? "";
    const face = button.querySelector("svg");
    const place = /** @type {HTMLElement} */ (document.getElementById("keypad-face"));
    place.replaceChildren(face ? face.cloneNode(true) : "");
    /** @type {HTMLElement} */ (document.getElementById("keypad-name")).textContent = button.dataset.name ?? "";
    error.textContent = "";
    open();
  });
}
for (const key of /** @type {NodeListOf<HTMLButtonElement>} */ (dialog.querySelectorAll("[data-digit]"))) {
  key.addEventListener("click", () => type(key.dataset.digit ?? ""));
}
dialog.querySelector("[data-erase]")?.addEventListener("click", erase);
dialog.querySelector("[data-keypad-close]")?.addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (/^[0-9]$/.test(event.key)) type(event.key);
  else if (event.key === "Backspace") erase();
});
form.addEventListener("submit", (event) => event.preventDefault());
if (dialog.hasAttribute("data-open")) open();

const where = /** @type {HTMLElement | null} */ (document.querySelector("[data-clock]"));
function tick() {
  if (where) where.textContent = clock(Date.now());
}
tick();
window.setInterval(tick, 5000);

/** The page of whoever was here before is not kept for the next one; what was not sent yet stays in the outbox. */
forgetBoards();
navigator.serviceWorker?.getRegistration().then((ready) => ready?.active?.postMessage({ forget: true }));

/** A tablet that was disconnected shows nobody's name any longer. */
const url = /** @type {HTMLElement} */ (document.querySelector("[data-tablet-state]")).dataset.tabletState ?? "";
window.setInterval(async () => {
  try {
    const answer = await fetch(url, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(8000) });
    if (answer.type === "opaqueredirect" || answer.status === 403) location.reload();
  } catch {
    // no network: the screen stays
  }
}, STILL_PAIRED_EVERY);
