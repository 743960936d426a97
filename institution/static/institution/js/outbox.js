// @ts-check
import { post } from "../../js/csrf.js";
import { pause } from "../../js/patience.js";
import * as store from "./store.js";

/**
 * Entries wait here until the server has answered for each of them. They are sent in the order of tapping, by the person
 * who tapped them and nobody else; the id of an entry is its idempotency key, so that sending twice stores once.
 *
 * On document: `outbox` when the waiting entries or the state have changed; `outbox:stored` with what was accepted.
 */

/** @typedef {"ok" | "sending" | "offline" | "login"} SyncState */

const BATCH = 50;
const EVERY = 20_000;
const PATIENCE = 15_000;
const WRONG_CLOCK = 120_000;

/** @type {{ user: number, user_name: string, class: number, children: Record<string, string>, urls: Record<string, string> }} */
let page;
/** @type {number | null} */
let skew = null;
/** @type {SyncState} */
let state = "ok";
/** @type {store.Row[]} */
let waiting = [];
/** @type {Promise<void> | null} */
let running = null;
let askedAgain = false;
let tries = 0;
let timer = 0;

/** @param {typeof page} given */
export async function start(given) {
  page = given;
  skew = (await store.meta("skew")) ?? null;
  waiting = await store.rows();
  state = navigator.onLine ? "ok" : "offline";
  changed();
  addEventListener("online", flush);
  addEventListener("offline", () => become("offline"));
  document.addEventListener("visibilitychange", () => document.hidden || flush());
  setInterval(flush, EVERY);
}

/** The time by the server's clock, in ms. */
export const clock = () => Math.round(Date.now() + (skew ?? 0));

/** Minutes by which this device is wrong, when that is more than the server would pass over. */
export const wrongMinutes = () => (Math.abs(skew ?? 0) > WRONG_CLOCK ? Math.round(Math.abs(skew ?? 0) / 60_000) : 0);

export const syncState = () => state;
export const waitingRows = () => waiting;
export const mine = () => waiting.filter((row) => row.actor === page.user);

export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // pages without HTTPS have no randomUUID
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Keep first, then send. @param {Omit<store.Entry, "id">[]} entries @returns {Promise<string[]>} their ids */
export async function record(entries) {
  const rows = entries.map((entry) => {
    const id = uuid();
    return {
      id,
      actor: page.user,
      name: page.user_name,
      who: page.children[entry.child] ?? "",
      class: page.class,
      entry: { ...entry, id },
      tried: false,
      skewed: skew !== null,
    };
  });
  await store.add(rows);
  await reread();
  flush();
  return rows.map((row) => row.id);
}

/** Change an entry that was never sent; false when it may have reached the server and needs a correction instead. @param {string} id @param {Partial<store.Entry>} change */
export async function change(id, change) {
  const row = await unsent(id);
  if (!row) return false;
  await store.put([{ ...row, entry: { ...row.entry, ...change } }]);
  await reread();
  return true;
}

/** Take back: out of the outbox when it was never sent, else by a withdrawal. @param {store.Entry} entry @param {string} reason */
export async function withdraw(entry, reason) {
  const row = await unsent(entry.id);
  if (row) {
    await store.remove([row]);
    await reread();
    return;
  }
  const { child, kind, at, detail } = entry;
  await record([{ child, kind, at, detail, replaces: entry.id, void: true, reason }]);
}

/** @param {string} id */
async function unsent(id) {
  return (await store.rows()).find((row) => row.id === id && !row.tried);
}

/**
 * Once at a time on this device, however many pages are open; asked for during a run, once more after it. What a server that is
 * away has not taken is tried again soon; without a network, when there is one.
 */
export function flush() {
  window.clearTimeout(timer);
  askedAgain = running !== null;
  running ??= alone(run)
    .catch(() => become("offline"))
    .finally(async () => {
      running = null;
      await reread();
      if (askedAgain) flush();
      else if (state !== "offline") tries = 0;
      else if (navigator.onLine && mine().length) timer = window.setTimeout(flush, pause(tries++));
    });
  return running;
}

/** @param {() => Promise<void>} work */
async function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request("nursery-outbox", work);
}

async function run() {
  let most = BATCH;
  let me = await ask();
  while (me) {
    if (me.user !== page.user) {
      document.dispatchEvent(new CustomEvent("outbox:stranger"));
      return void become("login");
    }
    await reread();
    const batch = next(mine(), most);
    if (!batch.length) return void become("ok");
    become("sending");
    const photos = await uploadPhotos(batch, me.csrf);
    if (photos === "again") continue;
    const answer = photos === "over" ? photos : await send(batch, me.csrf);
    if (answer === "over") return;
    if (answer === "again") most = 1;
    else if (answer === "token") me = await ask();
    else most = BATCH;
  }
}

/** Who is signed in now, a fresh CSRF token and the server's clock. */
async function ask() {
  const before = Date.now();
  const answer = await fetch(page.urls.whoami, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status === 401 || answer.status === 403 || answer.redirected) return become("login");
  if (!answer.ok) return become("offline");
  const me = await answer.json();
  await learn(me.now - (before + Date.now()) / 2);
  return me;
}

/** @param {number} measured */
async function learn(measured) {
  const first = skew === null;
  skew = measured;
  await store.putMeta("skew", measured);
  if (first) await putRight(measured);
  changed();
}

/** Entries tapped before this device ever knew how wrong its clock is. @param {number} measured */
async function putRight(measured) {
  const rows = (await store.rows()).filter((row) => !row.skewed && !row.tried);
  const right = rows.map((row) => ({
    ...row,
    skewed: true,
    entry: { ...row.entry, at: Math.round(row.entry.at + measured) },
  }));
  await store.put(right);
}

/** A correction never goes in one batch with what it corrects. @param {store.Row[]} rows @param {number} most */
function next(rows, most) {
  const batch = [];
  const ids = new Set();
  for (const row of rows.slice(0, most)) {
    if (row.entry.replaces && ids.has(row.entry.replaces)) break;
    ids.add(row.id);
    batch.push(row);
  }
  return batch;
}

/** @param {store.Row[]} batch @param {string} csrf @returns {Promise<"on" | "over" | "again" | "token">} */
async function send(batch, csrf) {
  for (const row of batch) row.tried = true;
  await store.put(batch);
  const answer = await post(page.urls.record, { entries: batch.map((row) => wire(row.entry)) }, sealed(csrf));
  if (answer.status === 401 || answer.status === 403) return signedOut(answer);
  if ([400, 413, 422].includes(answer.status)) {
    if (batch.length > 1) return "again";
    const { code = "refused", message = "" } = await answer.json().catch(() => ({}));
    await store.refuse(batch[0], code, message);
    return "on";
  }
  if (!answer.ok) return over("offline");
  const { results } = await answer.json();
  return (await settle(batch, results)) ? "on" : over("offline");
}

let tokens = 0;

/** @param {Response} answer @returns {Promise<"over" | "token">} */
async function signedOut(answer) {
  const { code } = await answer.json().catch(() => ({ code: "" }));
  if (code === "csrf_failed" && tokens++ < 3) return "token";
  return over("login");
}

/** @param {SyncState} next @returns {"over"} */
function over(next) {
  become(next);
  return "over";
}

/** @param {store.Row[]} batch @param {{ id: string, status: string, code: string, message: string, seq: number | null }[]} results @returns {Promise<boolean>} whether every entry was answered */
async function settle(batch, results) {
  tokens = 0;
  const answers = new Map(results.map((result) => [result.id, result]));
  const stored = batch.filter((row) => ["created", "duplicate"].includes(answers.get(row.id)?.status ?? ""));
  await store.remove(stored);
  for (const row of batch) {
    const answer = answers.get(row.id);
    if (answer?.status === "refused") await store.refuse(row, answer.code, answer.message);
  }
  document.dispatchEvent(
    new CustomEvent("outbox:stored", {
      detail: stored.map((row) => ({ row, seq: answers.get(row.id)?.seq ?? 0 })),
    }),
  );
  return batch.every((row) => answers.has(row.id));
}

/** @param {store.Entry} entry */
const wire = (entry) => ({ ...entry, at: new Date(entry.at).toISOString() });

/** @param {string} csrf */
const sealed = (csrf) => ({ headers: { "X-CSRFToken": csrf, "X-Person": String(page.user) }, signal: AbortSignal.timeout(PATIENCE) });

/** Photos first: an entry goes when its pictures are there. @param {store.Row[]} batch @param {string} csrf @returns {Promise<"on" | "over" | "again">} */
async function uploadPhotos(batch, csrf) {
  for (const row of batch.filter((each) => each.entry.kind === "photo" && !each.entry.void)) {
    const ids = [];
    for (const key of row.entry.detail.photos) {
      const photo = await store.photo(key);
      const done = photo?.blob && !photo.id ? await upload(photo, row, csrf) : "on";
      if (done !== "on") return done;
      ids.push(photo?.id ?? key);
    }
    row.entry.detail.photos = ids;
    await store.put([row]);
  }
  return "on";
}

/** @param {{ key: string, blob: Blob, id?: string }} photo @param {store.Row} row @param {string} csrf @returns {Promise<"on" | "over" | "again">} */
async function upload(photo, row, csrf) {
  const form = new FormData();
  form.append("file", photo.blob, "photo.jpg");
  const answer = await post(page.urls.photo, form, {
    ...sealed(csrf),
    signal: AbortSignal.timeout(4 * PATIENCE),
  });
  if (answer.ok) {
    photo.id = (await answer.json()).id;
    await store.putPhoto(photo);
    return "on";
  }
  if ([400, 409, 413, 422].includes(answer.status)) {
    const { code = "refused", message = "" } = await answer.json().catch(() => ({}));
    await store.refuse(row, code, message);
    return "again";
  }
  return over(answer.status === 401 || answer.status === 403 ? "login" : "offline");
}

async function reread() {
  waiting = await store.rows();
  const needed = waiting.flatMap((row) => (row.entry.kind === "photo" ? row.entry.detail.photos : []));
  if (!running) await store.sweepPhotos(new Set([...needed, ...kept]));
  changed();
}

/** Photos chosen on the page but not recorded yet. @type {Set<string>} */
export const kept = new Set();

/** @param {SyncState} next @returns {null} */
function become(next) {
  state = next;
  changed();
  return null;
}

function changed() {
  document.dispatchEvent(new CustomEvent("outbox"));
}
