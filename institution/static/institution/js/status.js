// @ts-check
import { say } from "../../js/words.js";
import { summary } from "./day.js";
import { el, icon } from "./form.js";
import * as outbox from "./outbox.js";
import { $, clock, kinds, page } from "./page.js";
import * as store from "./store.js";

/** What the page says about sending: the pill at the top, entries that were refused, entries of others, a wrong clock. */

/** @param {{ child: number, kind: string, detail: Record<string, any> }} entry */
let again = (entry) => void entry;

/** @param {typeof again} edit opens the sheet with a refused entry */
export function startStatus(edit) {
  again = edit;
  for (const form of document.querySelectorAll(`form[action="${page.urls.sign_out}"]`)) {
    form.addEventListener("submit", (event) => askBeforeSignOut(event, /** @type {HTMLFormElement} */ (form)));
  }
}

export function drawSync() {
  const state = outbox.syncState();
  const count = outbox.mine().length;
  const text = {
    ok: count ? say("sync_sending") : say("sync_ok"),
    sending: say("sync_sending"),
    offline: count ? say("sync_waiting", { count }) : say("sync_offline"),
    login: count ? say("sync_login_waiting", { count }) : say("sync_login"),
  }[state];
  const pill = $("sync");
  pill.dataset.state = state;
  if ($("sync-text").textContent !== text) $("sync-text").textContent = text;
  if (state === "login") pill.setAttribute("href", `${page.urls.sign_in}?next=${encodeURIComponent(page.path)}`);
  else pill.removeAttribute("href");
}

let refused = /** @type {any[]} */ ([]);

export async function drawNotices() {
  refused = await store.refusals();
  const lines = [];
  if (refused.length) {
    const open = el(
      "button",
      { type: "button", class: "notice danger", id: "refused-open" },
      icon("triangle-alert"),
      el("span", {}, say("refused_one", { count: refused.length })),
    );
    open.addEventListener("click", showRefused);
    lines.push(open);
  }
  for (const [name, count] of othersWaiting()) lines.push(notice("info", say("others_waiting", { name, count })));
  const minutes = outbox.wrongMinutes();
  if (minutes) lines.push(notice("info", say("clock_wrong", { minutes })));
  $("notices").replaceChildren(...lines);
}

function othersWaiting() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const row of outbox.waitingRows()) {
    if (row.actor !== page.user) counts.set(row.name, (counts.get(row.name) ?? 0) + 1);
  }
  return counts;
}

/** @param {string} name @param {string} text */
const notice = (name, text) => el("div", { class: "notice warn", role: "status" }, icon(name), el("div", {}, text));

function showRefused() {
  const list = refused.map((row) => {
    const its = kinds.get(row.entry.kind);
    const what = `${row.who} ${its?.label ?? row.entry.kind}`;
    const detail = its ? summary(its, row.entry.detail) : "";
    const edit = el("button", { type: "button", class: "btn" }, say("edit"));
    edit.addEventListener("click", async () => {
      await store.dismiss(row.id);
      /** @type {HTMLDialogElement} */ ($("refused-sheet")).close();
      await drawNotices();
      again(row.entry);
    });
    const off = el("button", { type: "button", class: "btn ghost" }, say("dismiss"));
    off.addEventListener("click", async () => {
      await store.dismiss(row.id);
      await drawNotices();
      if (refused.length) showRefused();
      else /** @type {HTMLDialogElement} */ ($("refused-sheet")).close();
    });
    const known = its && page.children[row.entry.child] && !row.entry.void;
    return el(
      "li",
      {},
      el("b", {}, what),
      el("span", { class: "muted" }, `${clock(row.entry.at)} ${detail}`),
      el("p", { class: "error" }, row.message),
      el("div", { class: "acts" }, off, known ? edit : ""),
    );
  });
  $("refused-list").replaceChildren(...list);
  const dialog = /** @type {HTMLDialogElement} */ ($("refused-sheet"));
  if (!dialog.open) dialog.showModal();
}

/** @param {Event} event @param {HTMLFormElement} form */
async function askBeforeSignOut(event, form) {
  event.preventDefault();
  const count = outbox.mine().length;
  if (count && !(await ask(say("sign_out_waiting", { count })))) return;
  await store.forgetBoards();
  const ready = await navigator.serviceWorker?.getRegistration();
  ready?.active?.postMessage({ forget: true });
  form.submit();
}

/** @param {string} question @returns {Promise<boolean>} */
function ask(question) {
  const dialog = /** @type {HTMLDialogElement} */ ($("ask"));
  $("ask-text").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) =>
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }),
  );
}
