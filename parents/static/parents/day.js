// @ts-check
/* A family's day: when the socket says that something changed, fetch what is new after our cursor and put it in place. */

import { start } from "../js/behaviours.js";
import { loader } from "../js/live.js";
import { registerWorker } from "../js/worker.js";

const here = () => document.getElementById("now");
const worker = document.querySelector("script[data-worker]")?.getAttribute("data-worker");

const refresh = loader(async () => {
  const now = here();
  const url = now?.dataset.changes;
  if (!url) return true;
  try {
    const answer = await fetch(`${url}?after=${encodeURIComponent(now.dataset.cursor ?? "")}`, {
      headers: { "X-Requested-With": "fetch" },
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.status === 204) {
      offline(false);
      return true;
    }
    if (answer.redirected || answer.status === 401 || answer.status === 403) {
      location.reload();
      return true;
    }
    if (!answer.ok) return false;
    const html = await answer.text();
    const page = new DOMParser().parseFromString(html, "text/html").getElementById("now");
    if (!page) return false;
    if (page.dataset.day !== now.dataset.day) {
      location.reload();
      return true;
    }
    const fresh = document.adoptNode(page);
    now.replaceWith(fresh);
    start(fresh);
    offline(false);
    return true;
  } catch {
    offline(!navigator.onLine);
    return false;
  }
});

function offline(state) {
  const notice = document.getElementById("old");
  if (notice) notice.hidden = !state;
}

document.addEventListener("live:daily-log", (event) => {
  const group = /** @type {CustomEvent} */ (event).detail?.group ?? "";
  if (group === `child.${here()?.dataset.child}`) refresh();
});
document.addEventListener("live:pickup", (event) => {
  const group = /** @type {CustomEvent} */ (event).detail?.group ?? "";
  if (group === `child.${here()?.dataset.child}`) location.reload(); // the nursery asks who stands at the door
});
document.addEventListener("live:resync", refresh);
window.addEventListener("online", refresh);
window.addEventListener("offline", () => offline(true));

document.addEventListener("change", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.matches?.("[data-go]") && field.value) {
    location.href = field.value === field.max ? field.dataset.go : `${field.dataset.go}${field.value}/`;
  }
});

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (new URL(form.action, location.href).pathname === "/sign-out/") {
    navigator.serviceWorker?.controller?.postMessage("forget");
  }
});

offline(!navigator.onLine);
if (worker) registerWorker(worker, "/family/");
