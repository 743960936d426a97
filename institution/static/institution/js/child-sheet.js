// @ts-check
import { say } from "../../js/words.js";
import { labelOf, summary } from "./day.js";
import { complain, el, fieldElement, icon, readFields } from "./form.js";

/**
 * One child's sheet: an entry that differs from the others', the day so far, corrections and withdrawals.
 */

/** @import { Shown } from "./day.js" */
/** @import { Field, Kind } from "./form.js" */

const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {{ kinds: Map<string, Kind>, reasons: string[], clock: (at: number) => string, now: () => number,
 *   moment: (time: string) => number, describe: (child: number) => { name: string, state: string, here: boolean, away: string, entries: Shown[] },
 *   record: (entries: any[]) => void, correct: (entry: Shown, change: any, reason: string) => void,
 *   withdraw: (entry: Shown, reason: string) => void, start: (code: string) => Record<string, any>,
 *   confirmAway: (child: number) => void }} board
 */
export function childSheet(board) {
  const sheet = /** @type {HTMLDialogElement} */ ($("child-sheet"));
  const form = /** @type {HTMLFormElement} */ (sheet.querySelector("form"));
  const fields = /** @type {HTMLElement} */ (sheet.querySelector("#child-entry .fields"));
  let child = 0;
  let kind = /** @type {Kind} */ (board.kinds.get("note"));
  /** @type {Shown | null} the entry that is corrected */
  let old = null;
  let timeAsShown = "";

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  $("child-cancel").addEventListener("click", () => draw(kind.code, null));
  $("child-presence").addEventListener("click", (event) => {
    const code = /** @type {HTMLElement} */ (event.target).closest("[data-presence]")?.getAttribute("data-presence");
    if (code === "arrive") {
      board.record([{ child, kind: code, at: board.now(), detail: {} }]);
      refresh();
    } else if (code === "told") {
      board.confirmAway(child);
      sheet.close();
    } else if (code) draw(code, null);
  });

  /** @param {number} id @param {string} code @param {Shown | null} [entry] */
  function open(id, code, entry = null) {
    child = id;
    const tile = /** @type {HTMLElement} */ (document.querySelector(`.kid[data-child="${id}"]`));
    const face = tile.querySelector(".face")?.cloneNode(true);
    $("child-face").replaceChildren(...(face ? [face] : []));
    const flag = tile.querySelector(".flag")?.getAttribute("title") ?? "";
    $("child-allergies").hidden = !flag;
    /** @type {HTMLElement} */ ($("child-allergies").lastElementChild).textContent = flag;
    draw(code, entry);
    showPickup(id);
    if (!sheet.open) sheet.showModal();
    sheet.scrollTop = 0;
  }

  /** Who may fetch the child, with faces: only while there is a network, kept nowhere. @param {number} id */
  async function showPickup(id) {
    const place = $("child-pickup");
    place.hidden = true;
    place.replaceChildren();
    try {
      const url = (place.dataset.url ?? "").replace("/0/", `/${id}/`);
      const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(15_000) });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (child !== id) return;
      place.replaceChildren(...document.adoptNode(page.body).childNodes);
      place.hidden = false;
    } catch {
      // without a network the list stays away
    }
  }

  function refresh() {
    const { name, state, here, away, entries } = board.describe(child);
    const toldAway = /** @type {HTMLElement} */ ($("child-presence").querySelector("[data-presence=told]"));
    toldAway.hidden = !away;
    /** @type {HTMLElement} */ (toldAway.querySelector("span")).textContent = away;
    $("child-name").textContent = name;
    $("child-state").textContent = state;
    $("child-presence").hidden = here || kind.attendance;
    const lines = [...entries].sort((a, b) => b.at - a.at).map(line);
    $("child-log").replaceChildren(...(lines.length ? lines : [el("li", { class: "none muted" }, say("nothing_yet"))]));
  }

  /** @param {string} code @param {Shown | null} entry @param {Record<string, any>} [values] */
  function draw(code, entry, values) {
    kind = /** @type {Kind} */ (board.kinds.get(code));
    old = entry;
    const given = values ?? entry?.detail ?? board.start(code);
    /** @type {HTMLElement} */ (sheet.querySelector("#child-entry h3")).textContent = kind.label;
    const part = (/** @type {Field} */ field) => fieldElement(field, given[field.name], kind.presets, picked);
    const wordy = (/** @type {Field} */ field) => field.length > 100 && !field.required;
    const asked = kind.fields.filter((field) => field.type !== "photos");
    const parts = asked.filter((field) => !wordy(field)).map(part);
    if (entry) parts.push(why());
    timeAsShown = board.clock(entry?.at ?? board.now());
    const time = el("input", {
      type: "time",
      id: "entry-time",
      class: "input num",
      value: timeAsShown,
      required: true,
    });
    parts.push(el("div", { class: "field", "data-time": "" }, el("label", { for: "entry-time" }, say("time")), time));
    parts.push(...asked.filter(wordy).reverse().map(part));
    fields.replaceChildren(...parts);
    $("child-save").textContent = entry ? say("save_change") : say("save");
    $("child-cancel").hidden = !entry;
    $("child-save").hidden = kind.code === "photo" && !entry;
    /** @type {HTMLElement} */ ($("child-entry")).hidden = kind.code === "photo" && !entry;
    refresh();

    /** A measured value picked from the list is the whole entry. */
    function picked() {
      if (kind.each && !old && kind.fields.filter((field) => field.required).length === 1) save();
    }
  }

  /** Why an entry is changed: one of the usual reasons or own words. */
  function why() {
    const input = /** @type {HTMLInputElement} */ (
      el("input", { id: "entry-reason", class: "input", maxlength: 120, autocomplete: "off" })
    );
    const chips = board.reasons.map((reason) => {
      const chip = el("button", { type: "button" }, reason);
      chip.addEventListener("click", () => (input.value = reason));
      return chip;
    });
    const label = el("label", { for: "entry-reason", class: "req" }, say("why"));
    return el("div", { class: "field", "data-field": "why" }, label, el("div", { class: "chips" }, ...chips), input);
  }

  const reason = () =>
    /** @type {HTMLInputElement | null} */ (document.getElementById("entry-reason"))?.value.trim() ?? "";

  function save() {
    for (const error of fields.querySelectorAll(".error")) error.remove();
    const { detail, missing } = readFields(fields, kind);
    if (missing) return complain(fields, missing);
    const time = /** @type {HTMLInputElement} */ ($("entry-time")).value;
    const at = time && time !== timeAsShown ? board.moment(time) : (old?.at ?? board.now());
    if (at > board.now() + 60_000) return lateTime();
    if (!old) board.record([{ child, kind: kind.code, at, detail }]);
    else {
      if (!old.pending && !reason()) return complain(fields, { ...kind.fields[0], name: "why" }, say("say_why"));
      if (old.kind === "photo") detail.photos = old.detail.photos;
      board.correct(old, { at, detail }, reason());
    }
    sheet.close();
  }

  function lateTime() {
    const place = /** @type {HTMLElement} */ (fields.querySelector("[data-time]"));
    place.append(el("span", { class: "error", role: "alert" }, say("time_ahead")));
  }

  /** @param {Shown} entry */
  function line(entry) {
    const its = board.kinds.get(entry.kind);
    const what = its ? summary(its, entry.detail) : "";
    const head = el("h4", {}, its?.label ?? entry.kind);
    if (its?.switch && entry.detail[its.switch]) {
      const field = its.fields.find((each) => each.name === its.switch);
      if (its.code === "meal") head.textContent = labelOf(field?.choices ?? [], entry.detail.meal);
    }
    const text = [what, entry.detail.note !== what ? entry.detail.note : ""].filter(Boolean).join(" · ");
    const by = entry.pending ? say("waiting") : say("by", { name: entry.by ?? "" });
    const body = el("article", {}, head, text ? el("p", {}, text) : "", el("span", { class: "by" }, by));
    if (its) {
      const correct = el("button", { type: "button", class: "btn" }, say("correct"));
      correct.addEventListener("click", () => {
        draw(entry.kind, entry);
        sheet.querySelector(".body")?.scrollTo({ top: 0 });
      });
      const off = el("button", { type: "button", class: "btn danger" }, say("withdraw"));
      off.addEventListener("click", () => {
        board.withdraw(entry, old?.id === entry.id ? reason() : "");
        if (old?.id === entry.id) draw(kind.code, null);
        else refresh();
      });
      body.append(el("div", { class: "acts" }, correct, off));
    }
    return el(
      "li",
      { "data-entry": entry.id },
      el("time", { class: "num" }, board.clock(entry.at)),
      el("span", { class: "pt" }, icon(entry.kind)),
      body,
    );
  }

  return {
    open,
    /** An entry that was refused, to be sent again in another form. @param {number} id @param {string} code @param {Record<string, any>} detail */
    again(id, code, detail) {
      open(id, code);
      draw(code, null, detail);
    },
    refresh: () => sheet.open && refresh(),
  };
}
