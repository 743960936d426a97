// @ts-check
import { post } from "./csrf.js";
import { say } from "./words.js";

/**
 * Somebody is signed in by PIN on a shared tablet. Whoever goes away leaves nothing open: after `idle` seconds without a
 * touch the tablet goes back to its waiting screen, and so it does when the server has ended the session.
 */

const TELL_EVERY = 60_000;
const LOOK_EVERY = 5_000;

const { byPin, idle, wait, leave, person } = /** @type {Record<string, string>} */ (document.documentElement.dataset);
let touched = Date.now();
let told = Date.now();

/** To the waiting screen, which leads back here. */
async function lock() {
  await post(leave, undefined, { signal: AbortSignal.timeout(5000) }).catch(() => {});
  location.assign(`${wait}?next=${encodeURIComponent(location.pathname)}`);
}

/** Without a network nobody can sign in: the page is covered until the same person says so. What is tapped then is sent
 * only after that person's PIN. */
function cover() {
  if (document.querySelector("dialog.still")) return;
  const dialog = document.createElement("dialog");
  dialog.className = "ask still";
  const [question, note, button] = ["h2", "p", "button"].map((tag) => document.createElement(tag));
  question.textContent = say("still_you", { name: person });
  note.textContent = say("still_offline");
  button.className = "btn primary";
  button.textContent = say("still_me");
  button.addEventListener("click", () => {
    touched = Date.now();
    dialog.remove();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.append(question, note, button);
  document.body.append(dialog);
  dialog.showModal();
}

function touch() {
  if (document.querySelector("dialog.still")) return;
  touched = Date.now();
  if (touched - told < TELL_EVERY) return;
  told = touched;
  post(byPin).then(
    (answer) => {
      if (answer.redirected || answer.status === 401 || answer.status === 403) lock();
    },
    () => {}, // no network: entries wait in the outbox, for this person only
  );
}

function look() {
  if (Date.now() - touched <= Number(idle) * 1000) return;
  if (navigator.onLine) lock();
  else cover();
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touch, { passive: true });
window.setInterval(look, LOOK_EVERY);
document.addEventListener("visibilitychange", () => document.hidden || look());
document.addEventListener("live:signed-out", lock);
window.addEventListener("pageshow", (event) => event.persisted && location.reload()); // a page of whoever was here before
