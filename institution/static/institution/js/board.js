// @ts-check
import { loader, onLive, onResync } from "../../js/live.js";
import { toast } from "../../js/toast.js";
import { say } from "../../js/words.js";
import { registerWorker } from "../../js/worker.js";
import { childSheet } from "./child-sheet.js";
import { childDay, labelOf, merge, overlay, summary } from "./day.js";
import { complain, el, fieldElement, inputElement, readFields } from "./form.js";
import { gestures } from "./gestures.js";
import * as outbox from "./outbox.js";
import { $, clock, dayOf, kinds, page } from "./page.js";
import { photoPicker } from "./photos.js";
import { drawNotices, drawSync, startStatus } from "./status.js";
import * as store from "./store.js";

/** @import { ChildDay, Shown } from "./day.js" */
/** @import { Kind } from "./form.js" */

const UNDO_SECONDS = 60;
const REFETCH_PAUSE = 200;
const MINUTE = 60_000;

/** @typedef {{ coming: boolean, from: string | null, until: string | null, reason: string, note: string, late: boolean }} Plan */
/** @type {{ day: string, cursor: number, attendance: Record<string, any>, roster: number[], plans: Record<string, Plan> }} */
let known = page.state;
/** @type {Map<string, Shown>} */
let entries = new Map();
/** @type {Map<number, ChildDay>} */
let days = new Map();
let kind = /** @type {Kind} */ (kinds.get("meal"));
/** What is chosen above the tiles, by kind. @type {Record<string, { answer?: any, switch?: string }>} */
const chosen = {};
/** @type {Set<number>} children on the photo that is about to be sent */
const onPhoto = new Set();
let oneByOne = false;

const today = () => dayOf(outbox.clock());
const tiles = () => /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".kid"));
const here = (/** @type {number} */ child) => ["present", "asleep"].includes(days.get(child)?.state ?? "");
const field = (/** @type {string} */ name) => /** @type {any} */ (kind.fields.find((each) => each.name === name));

// ---- what is known

/** @param {any} state */
function take(state) {
  known = { ...known, ...state };
  if (state.carers !== undefined) page.carers = state.carers; // those clocked in come and go
  entries = merge(state.whole ? new Map() : entries, state.entries);
}

async function takeNewest() {
  take(page.state);
  const kept = await store.board(page.class);
  if (kept?.day === known.day && kept.cursor >= known.cursor) take({ ...kept, whole: true, roster: known.roster, plans: known.plans });
}

const keep = () =>
  store.putBoard({
    class: page.class,
    day: known.day,
    cursor: known.cursor,
    attendance: known.attendance,
    entries: [...entries.values()],
    plans: known.plans,
  });

/** On a shared tablet somebody else has signed in: not this page, which would put down everything to the person before. */
async function ownPage() {
  if (!document.documentElement.dataset.byPin) return;
  await caches.delete("nursery-pages");
  location.reload();
}

let refetching = 0;
function refetchSoon() {
  window.clearTimeout(refetching);
  refetching = window.setTimeout(refetch, REFETCH_PAUSE);
}

const refetch = loader(async () => {
  const query = new URLSearchParams({ after: String(known.cursor), day: known.day });
  try {
    const answer = await fetch(`${page.urls.state}?${query}`, { cache: "no-store", signal: AbortSignal.timeout(30_000) });
    if (answer.redirected) return true; // signed out: asking again does not help
    if (!answer.ok) return false;
    take(await answer.json());
  } catch {
    return false;
  }
  await keep();
  render();
  const shown = [...tiles()].map((tile) => Number(tile.dataset.child)).join();
  const calm = !document.querySelector("dialog[open]") && !onPhoto.size;
  if (known.roster.join() !== shown && calm && !outbox.mine().length) location.reload();
  return true;
});

/** Accepted entries count at once, before the next answer of the server shows them. @param {any[]} stored */
function accept(stored) {
  const rows = stored.filter(({ row }) => row.class === page.class && dayOf(row.entry.at) === known.day);
  const standing = overlay(
    entries,
    rows.map(({ row }) => row),
  );
  for (const { row, seq } of rows) {
    const entry = [...standing.values()].find((each) => each.id === row.id);
    if (entry) standing.set(entry.root, { ...entry, seq, pending: false, recorded: outbox.clock() });
  }
  entries = standing;
  keep();
}

// ---- drawing

function render() {
  if (known.day !== today()) {
    take({ day: today(), cursor: 0, whole: true, entries: [], attendance: {}, plans: {} });
    refetchSoon(); // midnight came, or a clock that was wrong about the day has been put right
  }
  const waiting = outbox.waitingRows().filter(({ entry }) => dayOf(entry.at) === known.day);
  const standing = [...overlay(entries, waiting).values()];
  days = new Map(
    known.roster.map((child) => [
      child,
      childDay(
        standing.filter((entry) => entry.child === child),
        known.attendance[child],
      ),
    ]),
  );
  for (const tile of tiles()) drawTile(tile);
  drawFigures();
  drawCount();
  drawSync();
  drawNotices();
  sheet.refresh();
}

/** The entry that makes a child count as recorded in the chosen kind. @param {number} child */
function current(child) {
  const day = days.get(child);
  const slot = chosen[kind.code]?.switch;
  const found = day?.entries.filter(
    (entry) => entry.kind === kind.code && (kind.code !== "meal" || entry.detail.meal === slot),
  );
  return found?.at(-1);
}

/** @param {number} child @param {Shown | undefined} entry */
function isDone(child, entry) {
  const state = days.get(child)?.state;
  if (kind.code === "nap") return state === "asleep";
  if (kind.code === "arrive") return here(child) || state === "left";
  if (kind.code === "leave") return state === "left";
  if (kind.code === "absence") return state === "absent";
  if (kind.code === "photo") return onPhoto.has(child);
  if (!entry) return false;
  return !kind.round || outbox.clock() - entry.at < kind.round * MINUTE;
}

/** @param {HTMLButtonElement} tile */
function drawTile(tile) {
  const child = Number(tile.dataset.child);
  const day = days.get(child);
  const entry = current(child);
  const done = isDone(child, entry);
  tile.className = `kid ${day?.state ?? "expected"}`;
  tile.classList.toggle("some", done && isPartial(entry));
  tile.classList.toggle("told-away", toldAway(child));
  tile.classList.toggle("pending", Boolean(done && entry?.pending));
  tile.setAttribute("aria-pressed", String(done));
  const last = /** @type {HTMLElement} */ (tile.querySelector(".last"));
  last.textContent = lastLine(child, entry);
  const moon = /** @type {HTMLElement} */ (tile.querySelector(".sleep"));
  moon.hidden = day?.state !== "asleep";
}

/** @param {Shown | undefined} entry */
const isPartial = (entry) => entry?.kind === "meal" && entry.detail.amount !== "all";

/** @param {number} child @param {Shown | undefined} entry */
function lastLine(child, entry) {
  const day = days.get(child);
  if (day?.state === "asleep" && (kind.code === "nap" || !entry)) {
    return say("asleep_for", { minutes: Math.max(0, Math.floor((outbox.clock() - day.since) / MINUTE)) });
  }
  if (entry && !["arrive", "leave", "absence", "nap", "photo"].includes(kind.code)) {
    return `${clock(entry.at)} ${summary(kind, entry.detail)}`;
  }
  if (day?.state === "absent") return absence(day);
  if (day?.state === "left") return say("left_at", { time: clock(day.since) });
  if (!here(child)) return told(child) || say("expected");
  if (kind.code === "arrive" || kind.code === "leave") return say("here_since", { time: clock(day?.since ?? 0) });
  return kind.code === "nap" ? say("awake") : say("not_recorded");
}

/** The family said that the child stays away, and nothing is written down yet. @param {number} child */
const toldAway = (child) => known.plans[child]?.coming === false && days.get(child)?.state === "expected";

const reasonOf = (/** @type {string} */ reason) =>
  labelOf(kinds.get("absence")?.fields.find((each) => each.name === "reason")?.choices ?? [], reason);

/** What the family told about today, in a few words. @param {number} child */
function told(child) {
  const plan = known.plans[child];
  if (!plan) return "";
  const parts = plan.coming
    ? [plan.from && say("told_from", { time: plan.from }), plan.until && say("told_until", { time: plan.until })]
    : [say("told_away", { reason: reasonOf(plan.reason) })];
  return [...parts, plan.late && say("told_late"), plan.note].filter(Boolean).join(" · ");
}

/** The absence that a carer confirms with one tap. @param {number} child */
function confirmed(child) {
  const { reason, note } = known.plans[child];
  return { child, kind: "absence", at: outbox.clock(), detail: note ? { reason, note } : { reason } };
}

/** @param {ChildDay} day */
function absence(day) {
  const choices = kinds.get("absence")?.fields.find((each) => each.name === "reason")?.choices ?? [];
  return [labelOf(choices, day.absence), day.note].filter(Boolean).join(" · ");
}

function drawFigures() {
  const present = known.roster.filter(here).length;
  const ratio = page.carers ? Math.round((present / page.carers) * 10) / 10 : 0;
  $("present").textContent = String(present);
  $("per-carer").textContent = page.carers ? String(ratio) : "–";
  const over = Boolean(page.per_carer && present > page.per_carer * page.carers);
  $("ratio").classList.toggle("warn", over);
  /** @type {HTMLElement} */ ($("ratio").querySelector(".over")).hidden = !over;
}

function drawCount() {
  const done = known.roster.filter((child) => isDone(child, current(child)));
  const present = known.roster.filter(here);
  const counted = kind.attendance ? done : done.filter(here);
  const word = {
    nap: "count_asleep",
    arrive: "count_arrived",
    leave: "count_left",
    absence: "count_absent",
    photo: "count_photo",
  }[kind.code];
  const of = kind.attendance ? known.roster.length : present.length;
  $("act-count").textContent = say(word ?? "count", {
    done: kind.code === "photo" ? onPhoto.size : counted.length,
    present: of,
  });
  const all = $("all");
  all.hidden = !kind.everyone || kind.each || (kind.code === "photo" && !shots().length);
  if (kind.code === "absence") all.hidden = !known.roster.some(toldAway);
  all.textContent = allLabel();
  $("all-back").hidden = kind.code !== "nap" || !present.some((child) => days.get(child)?.state === "asleep");
  $("all-back").textContent = say("all_awake");
}

function allLabel() {
  if (kind.code === "nap") return say("all_asleep");
  if (kind.code === "arrive") return say("all_arrived");
  if (kind.code === "leave") return say("all_left");
  if (kind.code === "photo") return say("send_photos");
  if (kind.code === "absence") return say("all_away", { count: known.roster.filter(toldAway).length });
  const { detail } = answerNow();
  const what = detail && kind.answer ? summary(kind, { [kind.answer]: detail[kind.answer] }) : "";
  return what ? say("all_answer", { answer: what }) : say("all");
}

// ---- the kind that is recorded now, and its answer

/** @param {string} code */
function choose(code) {
  kind = /** @type {Kind} */ (kinds.get(code));
  const memory = (chosen[code] ??= {});
  if (kind.switch) {
    const first = field(kind.switch);
    memory.switch = code === "meal" ? mealNow() : (memory.switch ?? first.value ?? first.choices[0][0]);
  }
  for (const tab of document.querySelectorAll("[data-kind]")) {
    if (tab.getAttribute("data-kind") === code) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  const inTabs = document.querySelector(`#tabs [data-kind="${code}"]`);
  $("more-tab").toggleAttribute("aria-current", !inTabs);
  /** @type {HTMLElement} */ ($("more-tab").lastElementChild).textContent = inTabs ? moreLabel : kind.label;
  /** @type {HTMLDialogElement} */ ($("more")).close();
  drawForm();
  render();
}

const moreLabel = $("more-tab").lastElementChild?.textContent ?? "";

function mealNow() {
  const time = clock(outbox.clock());
  return page.slots.filter((/** @type {any} */ slot) => slot.from <= time).at(-1).meal;
}

/** @type {ReturnType<typeof photoPicker> | null} */
let picker = null;
const shots = () => (kind.code === "photo" && picker ? picker.keys() : []);

function drawForm() {
  const memory = chosen[kind.code];
  const title = $("act-name");
  const label = $("act-switch");
  const list = /** @type {HTMLSelectElement} */ (label.querySelector("select"));
  label.hidden = !kind.switch;
  title.textContent = kind.label;
  title.hidden = kind.code === "meal";
  if (kind.switch) {
    const { choices, label: text } = field(kind.switch);
    /** @type {HTMLElement} */ (label.firstElementChild).textContent = text;
    list.replaceChildren(
      ...choices.map(([value, name]) => el("option", { value, selected: value === memory.switch }, name)),
    );
    list.value = memory.switch ?? "";
  }
  const place = $("act-form");
  const parts = [];
  for (const each of kind.each ? [] : kind.fields) {
    if (each.name === kind.switch || (each.name === "phase" && kind.code === "nap")) continue;
    if (each.name === kind.answer) parts.push(answerElement(each));
    else if (each.type === "photos") parts.push(photoElement());
    else if (each.required || (kind.code === "photo" && each.name === "note"))
      parts.push(fieldElement(each, each.value, []));
  }
  place.replaceChildren(...parts);
}

/** The answer that each tap records. @param {any} each */
function answerElement(each) {
  const memory = chosen[kind.code];
  if (each.type === "amount") {
    const most = kind.presets[Math.floor(kind.presets.length / 2)] ?? each.low ?? 0;
    memory.answer ??= { value: most, unit: each.unit };
    const choices = kind.presets.map((preset) => [String(preset), `${preset} ${labelOf(each.units, each.unit)}`]);
    const seg = inputElement(
      { ...each, type: "choice", choices, required: true },
      String(memory.answer.value),
      [],
      "answer",
      (value) => {
        memory.answer = { value: Number(value), unit: each.unit };
        drawCount();
      },
    );
    return el("div", { class: "answer" }, seg);
  }
  if (each.required) memory.answer ??= each.choices[0][0];
  const seg = inputElement(each, memory.answer, [], "answer", (value) => {
    memory.answer = value;
    drawCount();
  });
  seg.setAttribute("aria-label", each.label);
  return el("div", { class: "answer" }, seg);
}

function photoElement() {
  picker ??= photoPicker({
    label: say("take_photo"),
    failed: () => toast(say("photo_failed"), { tone: "danger" }),
    changed: () => render(),
  });
  return picker.element;
}

/** @returns {{ detail: Record<string, any>, missing: any }} what a tap would record now */
function answerNow() {
  const { detail, missing } = readFields($("act-form"), kind);
  const memory = chosen[kind.code] ?? {};
  if (kind.switch) detail[kind.switch] = memory.switch;
  if (kind.answer && memory.answer) detail[kind.answer] = memory.answer;
  return { detail, missing };
}

/** Before anything is chosen, the sheet offers the same answer as the tiles. @param {string} code */
function start(code) {
  const its = /** @type {Kind} */ (kinds.get(code));
  const memory = chosen[code] ?? {};
  /** @type {Record<string, any>} */
  const values = {};
  if (its.switch && memory.switch) values[its.switch] = memory.switch;
  if (its.answer && memory.answer) values[its.answer] = memory.answer;
  if (code === "nap") values.phase = days.get(opened)?.state === "asleep" ? "end" : "start";
  return values;
}

// ---- recording

/** @param {any[]} list @param {string} [who] */
async function record(list, who) {
  if (!list.length) return void toast(say("nobody"), { tone: "warn" });
  let ids;
  try {
    ids = await outbox.record(list);
  } catch {
    return void toast(say("storage_failed"), { tone: "danger" });
  }
  render();
  const its = /** @type {Kind} */ (kinds.get(list[0].kind));
  const name = who ?? (list.length > 1 ? say("children", { count: list.length }) : page.children[list[0].child]);
  offerUndo(name, what(its, list[0].detail), ids);
}

/** @param {Kind} its @param {Record<string, any>} detail */
function what(its, detail) {
  const of = its.code === "meal" ? labelOf(its.fields[0].choices, detail.meal) : its.label;
  return [of, summary(its, detail)].filter(Boolean).join(" · ");
}

/** @type {HTMLElement | null} */
let offer = null;

/** @param {string} name @param {string} text @param {string[]} ids */
function offerUndo(name, text, ids) {
  offer?.remove();
  const said = toast("", {
    seconds: UNDO_SECONDS,
    action: {
      label: say("undo"),
      run: async () => {
        for (const id of ids) {
          const entry = find(id);
          if (entry) await outbox.withdraw(entry, say("undo_reason"));
        }
        render();
      },
    },
  });
  said.querySelector("span")?.replaceChildren(el("b", {}, name), ` ${text}`);
  offer = said;
}

/** @param {string} id @returns {Shown | undefined} */
function find(id) {
  for (const day of days.values()) {
    const entry = day.entries.find((each) => each.id === id);
    if (entry) return entry;
  }
  return undefined;
}

/** @param {Shown} entry @param {any} change @param {string} reason */
async function correct(entry, change, reason) {
  if (!(await outbox.change(entry.id, change))) {
    await outbox.record([{ child: entry.child, kind: entry.kind, ...change, replaces: entry.id, reason }]);
  }
  render();
}

/** @param {Shown} entry @param {string} reason */
async function withdraw(entry, reason) {
  await outbox.withdraw(entry, reason || say("undo_reason"));
  render();
}

/** @param {number} child @param {"start" | "end"} phase */
function nap(child, phase) {
  const position = phase === "start" && chosen.nap?.answer;
  return { child, kind: "nap", at: outbox.clock(), detail: position ? { phase, position } : { phase } };
}

/** One tap, one record; what needs more than the answer opens the sheet. @param {number} child */
function tap(child) {
  const entry = current(child);
  if (kind.code === "photo") return tapPhoto(child);
  if (kind.code === "absence" && toldAway(child)) return record([confirmed(child)]);
  if (oneByOne || kind.each) return openSheet(child, null);
  if (!kind.attendance && !here(child)) return openSheet(child, null);
  if (kind.code === "nap") return record([nap(child, days.get(child)?.state === "asleep" ? "end" : "start")]);
  if (isDone(child, entry)) return openSheet(child, entry ?? null);
  const { detail, missing } = answerNow();
  if (missing) return complain($("act-form"), missing);
  return record([{ child, kind: kind.code, at: outbox.clock(), detail }]);
}

/** @param {number} child */
function tapPhoto(child) {
  if (!shots().length) return document.getElementById("photo-input")?.click();
  if (!onPhoto.delete(child)) onPhoto.add(child);
  render();
}

let opened = 0;

/** @param {number} child @param {Shown | null} entry */
function openSheet(child, entry) {
  opened = child;
  sheet.open(child, kind.code, entry);
}

async function everyone() {
  const at = outbox.clock();
  if (kind.code === "photo") return sendPhotos(at);
  if (kind.code === "absence") return record(known.roster.filter(toldAway).map(confirmed));
  const { detail, missing } = answerNow();
  if (missing) return complain($("act-form"), missing);
  const waiting = known.roster.filter((child) =>
    kind.code === "arrive" ? days.get(child)?.state === "expected" : here(child),
  );
  const left = waiting.filter(
    (child) =>
      !isDone(child, current(child)) && (kind.code === "nap" || kind.attendance || days.get(child)?.state !== "asleep"),
  );
  if (kind.code === "nap") return record(left.map((child) => nap(child, "start")));
  return record(left.map((child) => ({ child, kind: kind.code, at, detail })));
}

/** @param {number} at */
async function sendPhotos(at) {
  if (!onPhoto.size) return void toast(say("choose_children"), { tone: "warn" });
  const { detail } = readFields($("act-form"), kind);
  const photos = shots();
  await record([...onPhoto].map((child) => ({ child, kind: "photo", at, detail: { ...detail, photos } })));
  onPhoto.clear();
  picker?.clear();
  drawForm();
  render();
}

// ---- fingers and keys

const sheet = childSheet({
  kinds,
  reasons: page.reasons,
  clock,
  now: outbox.clock,
  moment,
  describe,
  record,
  correct,
  withdraw,
  start,
  confirmAway: (child) => record([confirmed(child)]),
});

/** @param {number} child */
function describe(child) {
  const day = days.get(child);
  const line = {
    absent: () => (day ? absence(day) : ""),
    asleep: () => lastAsleep(day),
    left: () => say("left_at", { time: clock(day?.since ?? 0) }),
    present: () => say("here_since", { time: clock(day?.since ?? 0) }),
    expected: () => told(child) || say("expected"),
  };
  const plan = known.plans[child];
  return {
    name: page.children[child] ?? "",
    state: line[day?.state ?? "expected"](),
    here: here(child),
    away: toldAway(child) ? say("confirm_away", { reason: reasonOf(plan.reason) }) : "",
    entries: day?.entries ?? [],
  };
}

/** @param {ChildDay | undefined} day */
const lastAsleep = (day) =>
  say("asleep_for", { minutes: Math.max(0, Math.floor((outbox.clock() - (day?.since ?? 0)) / MINUTE)) });

/** "11:40" of the board's day as a moment, wherever this device thinks it is. @param {string} time */
function moment(time) {
  const minutes = Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5)) - page.offset;
  return Date.parse(`${known.day}T00:00:00Z`) + minutes * MINUTE;
}

function listen() {
  gestures({ tap, hold: exception });
  for (const tab of document.querySelectorAll("[data-kind]")) {
    tab.addEventListener("click", () => choose(tab.getAttribute("data-kind") ?? "meal"));
  }
  $("act-switch").addEventListener("change", (event) => {
    chosen[kind.code].switch = /** @type {HTMLSelectElement} */ (event.target).value;
    render();
  });
  $("one-by-one").addEventListener("click", () => {
    oneByOne = !oneByOne;
    $("one-by-one").setAttribute("aria-pressed", String(oneByOne));
  });
  $("all").addEventListener("click", everyone);
  $("all-back").addEventListener("click", () =>
    record(known.roster.filter((child) => days.get(child)?.state === "asleep").map((child) => nap(child, "end"))),
  );
  $("class-switch").addEventListener("change", (event) =>
    location.assign(/** @type {HTMLSelectElement} */ (event.target).value),
  );
}

/** @param {number} child */
function exception(child) {
  const entry = current(child);
  if (!document.querySelector("dialog[open]"))
    openSheet(child, kind.code !== "nap" && entry && isDone(child, entry) ? entry : null);
}

// ---- start

async function begin() {
  try {
    await outbox.start(page);
    await takeNewest();
  } catch {
    take(page.state);
    toast(say("storage_failed"), { tone: "danger", seconds: UNDO_SECONDS });
  }
  startStatus(({ child, kind: code, detail }) => sheet.again(child, code, detail));
  choose("meal");
  listen();
  document.addEventListener("outbox", render);
  document.addEventListener("outbox:stranger", ownPage);
  document.addEventListener("outbox:stored", (event) => {
    accept(/** @type {CustomEvent} */ (event).detail);
    refetchSoon();
  });
  for (const topic of ["daily-log", "roster", "plans"]) {
    onLive(topic, ({ group }) => page.groups.includes(group) && refetchSoon());
  }
  onResync(() => {
    refetchSoon();
    outbox.flush();
  });
  setInterval(render, MINUTE);
  outbox.flush();
  document.documentElement.dataset.board = "ready";
  const registration = await registerWorker(page.urls.worker, page.urls.scope);
  if (registration) (await navigator.serviceWorker.ready).active?.postMessage({ keep: location.pathname });
}

begin();
