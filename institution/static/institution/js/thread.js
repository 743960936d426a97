// @ts-check
import { csrfToken } from "../../js/csrf.js";
import { onLive, onResync } from "../../js/live.js";

/** A thread or the inbox, fetched again when somebody writes; what is on the screen counts as read. */

const PAUSE = 400;
let timer = 0;
let told = 0;

const thread = () => document.getElementById("thread");

function refresh() {
  timer ||= window.setTimeout(() => {
    timer = 0;
    const part = thread() ?? document.getElementById("inbox");
    if (!part || document.hidden || writing(part)) return;
    const url = part.dataset.thread ?? part.dataset.inbox;
    /** @type {any} */ (window).htmx.ajax("GET", url, { source: part, target: part, swap: "outerHTML" });
  }, PAUSE);
}

/** Somebody who is writing keeps the words: only the messages change then. @param {HTMLElement} part */
function writing(part) {
  const text = part.querySelector("textarea");
  if (!text?.value) return false;
  fetch(part.dataset.thread ?? "", { headers: { "HX-Request": "true", "HX-Target": "div#thread" } })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
    .then((html) => {
      const page = new DOMParser().parseFromString(html, "text/html");
      const fresh = page.querySelector("#thread .bubbles");
      const old = thread()?.querySelector(".bubbles, .empty");
      const now = thread();
      if (!fresh || !old || !now) return;
      old.replaceWith(document.adoptNode(fresh));
      now.dataset.last = page.getElementById("thread")?.dataset.last ?? now.dataset.last;
      /** @type {any} */ (window).htmx.process(now);
      shown();
    })
    .catch(() => {});
  return true;
}

function shown() {
  const part = thread();
  const last = Number(part?.dataset.last ?? 0);
  if (!part || document.hidden || last <= told) return;
  told = last;
  const list = part.querySelector(".bubbles");
  if (list && !location.search) list.scrollTop = list.scrollHeight;
  fetch(part.dataset.read ?? "", {
    method: "POST",
    headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ seq: String(last) }),
  }).catch(() => {
    told = 0; // told again with the next message
  });
}

onLive("message", (hint) => {
  const child = thread()?.dataset.child;
  if (!child || hint.cursor === child) refresh();
});
onResync(refresh);
document.addEventListener("visibilitychange", () => {
  refresh();
  shown();
});
document.addEventListener("htmx:after:process", shown);
shown();
