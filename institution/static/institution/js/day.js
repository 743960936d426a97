// @ts-check

/**
 * A child's day out of its entries, as the server reads it (services/attendance.py, selectors/day.py): needed here
 * because entries that wait on the device count too.
 *
 * @typedef {{ id: string, root: string, version: number, child: number, kind: string, at: number, recorded?: number,
 *   detail: Record<string, any>, by?: string, seq?: number, gone?: boolean, pending?: boolean }} Shown
 * @typedef {{ arrived: string | null, left: string | null, absence: string, note: string }} Attendance
 * @typedef {{ state: "expected" | "present" | "asleep" | "left" | "absent", since: number, absence: string, note: string,
 *   entries: Shown[] }} ChildDay
 */

/**
 * Entries by root, the newest version of each; withdrawn ones leave.
 * @param {Map<string, Shown>} known
 * @param {Shown[]} news in the order they were stored
 */
export function merge(known, news) {
  for (const entry of news) {
    const old = known.get(entry.root);
    if (old && old.version > entry.version) continue;
    if (entry.gone) known.delete(entry.root);
    else known.set(entry.root, entry);
  }
  return known;
}

/**
 * What stands once the waiting entries will have been stored.
 * @param {Map<string, Shown>} known
 * @param {{ entry: { id: string, child: number, kind: string, at: number, detail: Record<string, any>, replaces?: string,
 *   void?: boolean }, name: string }[]} waiting
 */
export function overlay(known, waiting) {
  const standing = new Map(known);
  const roots = new Map([...known.values()].map((entry) => [entry.id, entry.root]));
  for (const { entry, name } of waiting) {
    const root = entry.replaces ? (roots.get(entry.replaces) ?? entry.replaces) : entry.id;
    roots.set(entry.id, root);
    if (entry.void) standing.delete(root);
    else {
      const version = (standing.get(root)?.version ?? 0) + 1;
      standing.set(root, { ...entry, root, version, by: name, pending: true });
    }
  }
  return standing;
}

/**
 * @param {Shown[]} entries of one child
 * @param {Attendance | undefined} told what the server's attendance says, for days whose entries it does not show
 * @returns {ChildDay}
 */
export function childDay(entries, told) {
  const inOrder = [...entries].sort((a, b) => a.at - b.at || (a.seq ?? Infinity) - (b.seq ?? Infinity));
  const of = (/** @type {string} */ kind) => inOrder.filter((entry) => entry.kind === kind);
  const arrivals = of("arrive");
  const leaving = of("leave").at(-1);
  const absence = of("absence").at(-1);
  const day = /** @type {ChildDay} */ ({ state: "expected", since: 0, absence: "", note: "", entries: inOrder });
  if (!arrivals.length && !leaving && !absence && told) return fromTold(day, told, inOrder);
  if (!arrivals.length && absence) {
    return Object.assign(day, { state: "absent", absence: absence.detail.reason, note: absence.detail.note ?? "" });
  }
  if (leaving && (!arrivals.length || leaving.at >= arrivals[arrivals.length - 1].at)) {
    return Object.assign(day, { state: "left", since: leaving.at });
  }
  if (arrivals.length) Object.assign(day, present(inOrder, arrivals[0].at));
  return day;
}

/** @param {any} day @param {Attendance} told @param {Shown[]} entries @returns {ChildDay} */
function fromTold(day, told, entries) {
  if (told.absence) return Object.assign(day, { state: "absent", absence: told.absence, note: told.note });
  if (told.left) return Object.assign(day, { state: "left", since: Date.parse(told.left) });
  if (told.arrived) return Object.assign(day, present(entries, Date.parse(told.arrived)));
  return day;
}

/** @param {Shown[]} entries @param {number} arrived */
function present(entries, arrived) {
  const start = asleepSince(entries);
  return start === null ? { state: "present", since: arrived } : { state: "asleep", since: start };
}

/** A second start without an end between counts as the same nap. @param {Shown[]} entries in order of time */
export function asleepSince(entries) {
  /** @type {number | null} */
  let start = null;
  for (const entry of entries) {
    if (entry.kind !== "nap") continue;
    start = entry.detail.phase === "end" ? null : (start ?? entry.at);
  }
  return start;
}

/**
 * What was recorded, in a few words; `summary` of institution/kinds.py for entries the server has not seen yet.
 * @param {any} kind as the page describes it
 * @param {Record<string, any>} detail
 */
export function summary(kind, detail) {
  const parts = [];
  for (const field of kind.fields) {
    const value = detail[field.name];
    if (value === undefined || value === "" || field.name === kind.switch) continue;
    if (["note", "menu", "by"].includes(field.name) || ["choices", "photos"].includes(field.type)) continue;
    if (field.type === "choice") parts.push(labelOf(field.choices, value));
    else if (field.type === "amount")
      parts.push(`${figure(value.value, value.unit)} ${labelOf(field.units, value.unit)}`);
    else parts.push(String(value));
  }
  return parts.join(" · ") || detail.note || detail.by || "";
}

/** @param {number} value @param {string} unit */
const figure = (value, unit) => (unit === "Cel" ? value.toFixed(1) : String(value));

/** @param {[string, string][]} choices @param {string} value */
export const labelOf = (choices, value) => choices.find(([each]) => each === value)?.[1] ?? value;
