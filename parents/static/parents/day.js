// @ts-check
/* A family's day: when the socket says that something changed, fetch what is new after our cursor and put it in place. */

import { start } from "../js/behaviours.js";
import { registerWorker } from "../js/worker.js";

const here = () => document.getElementById("now");
const worker = document.querySelector("script[data-worker]")?.getAttribute("data-worker");
let running = null;
let again = false;

/** One fetch at a time; a hint that comes meanwhile asks once more afterwards. */
function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = load().finally(() => {
    running = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return running;
}

async function load() {
  const now = here();
  const url = now?.dataset.changes;
  if (!url) return;
  try {
    const answer = await fetch(`${url}?after=${encodeURIComponent(now.dataset.cursor ?? "")}`, {
      headers: { "X-Requested-With": "fetch" },
    });
    if (answer.status === 204) return offline(false);
    if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
    if (!answer.ok) return;
    const html = await answer.text();
    const page = new DOMParser().parseFromString(html, "text/html").getElementById("now");
    if (!page) return;
    if (page.dataset.day !== now.dataset.day) return location.reload();
    const fresh = document.adoptNode(page);
    now.replaceWith(fresh);
    start(fresh);
    offline(false);
  } catch {
    offline(!navigator.onLine);
  }
}

function offline(state) {
  const notice = document.getElementById("old");
  if (notice) notice.hidden = !state;
}

document.addEventListener("live:daily-log", (event) => {
  const group = /** @type {CustomEvent} */ (event).detail?.group ?? "";
  if (group === `child.${here()?.dataset.child}`) refresh();
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
