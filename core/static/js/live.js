// @ts-check
import { behaviour } from "./behaviours.js";
import { pause } from "./patience.js";
import { say } from "./words.js";

/**
 * The socket says that something changed, never what: `live:<topic>` on document with {group, cursor}.
 * `live:resync` with {reason} means: some hints may have been lost, fetch what you show again.
 *
 * @typedef {"connecting" | "open" | "closed"} LiveState
 * @typedef {{ group: string, cursor: string }} LiveHint
 */

const RESYNC_EVERY = 60_000;
const PING_EVERY = 25_000;
const ANSWER_WITHIN = 10_000;
const FOCUS_PAUSE = 3_000;
const SIGNED_OUT = 4401;

let url = "";
/** @type {WebSocket | null} */
let socket = null;
/** @type {LiveState} */
let state = "connecting";
let tries = 0;
let retry = 0;
let lastHeard = 0;
let lastResync = 0;

/** @param {string} path */
export function connect(path) {
  url = path;
  open();
  resyncLater();
  window.setInterval(ping, PING_EVERY);
}

/** @returns {LiveState} */
export const liveState = () => state;

/**
 * @param {string} topic
 * @param {(hint: LiveHint) => void} hear
 */
export function onLive(topic, hear) {
  document.addEventListener(`live:${topic}`, (event) => hear(/** @type {CustomEvent} */ (event).detail));
}

/** @param {(reason: string) => void} fetchAgain */
export function onResync(fetchAgain) {
  document.addEventListener("live:resync", (event) => fetchAgain(/** @type {CustomEvent} */ (event).detail.reason));
}

/**
 * Runs `load` one at a time. Asked meanwhile, it loads once more afterwards. A hint is spent when it has been heard: where `load`
 * answers false or throws, it is tried again, later and later. `load` should be patient: asking a busy server once more while
 * it still works on the first question only makes it busier.
 * @param {() => Promise<boolean>} load true when the page is up to date
 * @returns {() => Promise<void>}
 */
export function loader(load) {
  let running = false;
  let again = false;
  let tries = 0;
  let timer = 0;
  return async function ask() {
    window.clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    const fine = await load().catch(() => false);
    running = false;
    if (!fine) {
      timer = window.setTimeout(ask, pause(tries++));
      return;
    }
    tries = 0;
    if (again) await ask();
  };
}

function open() {
  window.clearTimeout(retry);
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  show("connecting");
  const mine = new WebSocket(new URL(url, location.href.replace(/^http/, "ws")));
  socket = mine;
  mine.addEventListener("open", () => {
    tries = 0;
    lastHeard = Date.now();
    show("open");
    resync("open");
  });
  mine.addEventListener("message", (event) => {
    lastHeard = Date.now();
    hear(String(event.data));
  });
  mine.addEventListener("close", (event) => {
    if (socket !== mine) return;
    socket = null;
    show("closed");
    if (event.code === SIGNED_OUT) document.dispatchEvent(new CustomEvent("live:signed-out"));
    else again();
  });
}

function again() {
  window.clearTimeout(retry);
  retry = window.setTimeout(open, pause(tries++));
}

/** @param {string} text */
function hear(text) {
  const { topic, group = "", cursor = "" } = JSON.parse(text);
  if (topic === "pong") return;
  if (topic === "resync") resync("server");
  else document.dispatchEvent(new CustomEvent(`live:${topic}`, { detail: { group, cursor } }));
}

/** @param {string} reason */
function resync(reason) {
  lastResync = Date.now();
  document.dispatchEvent(new CustomEvent("live:resync", { detail: { reason } }));
}

/** Even a perfect socket is not believed for more than a minute; the spread keeps a thousand phones apart. */
function resyncLater() {
  window.setTimeout(
    () => {
      if (!document.hidden) resync("timer");
      resyncLater();
    },
    RESYNC_EVERY * (0.8 + 0.4 * Math.random()),
  );
}

/** Mobile networks drop connections without a word. */
function ping() {
  if (document.hidden || socket?.readyState !== WebSocket.OPEN) return;
  const asked = Date.now();
  socket.send("ping");
  window.setTimeout(() => {
    if (lastHeard < asked && socket) {
      const dead = socket;
      socket = null;
      dead.close();
      show("closed");
      open();
    }
  }, ANSWER_WITHIN);
}

function backAgain() {
  if (!url || document.hidden) return;
  if (socket?.readyState !== WebSocket.OPEN) {
    tries = 0;
    open();
  }
  if (Date.now() - lastResync > FOCUS_PAUSE) resync("focus");
}

document.addEventListener("visibilitychange", backAgain);
window.addEventListener("focus", backAgain);
window.addEventListener("online", backAgain);
window.addEventListener("pageshow", (event) => event.persisted && backAgain());
window.addEventListener("pagehide", () => {
  const leaving = socket;
  socket = null;
  leaving?.close();
});

/** @param {LiveState} next */
function show(next) {
  state = next;
  for (const element of document.querySelectorAll("[data-live-state]")) label(/** @type {HTMLElement} */ (element));
}

/** @param {HTMLElement} element */
function label(element) {
  element.dataset.liveState = state;
  element.textContent = say(`live_${state}`);
}

behaviour("[data-live-state]", label);
