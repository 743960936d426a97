// @ts-check
import { openDB } from "../../vendor/idb/build/index.js";

/**
 * What this device keeps: entries not sent yet, entries the server refused, photos on their way, the last known day of
 * each class, and how wrong the clock is.
 *
 * @typedef {{ id: string, child: number, kind: string, at: number, detail: Record<string, any>, replaces?: string,
 *   void?: boolean, reason?: string }} Entry
 * @typedef {{ n?: number, id: string, actor: number, name: string, who: string, class: number, entry: Entry, tried: boolean,
 *   skewed: boolean }} Row
 */

const open = openDB("nursery", 1, {
  upgrade(db) {
    db.createObjectStore("outbox", { keyPath: "n", autoIncrement: true }).createIndex("id", "id", { unique: true });
    db.createObjectStore("refused", { keyPath: "id" });
    db.createObjectStore("photos", { keyPath: "key" });
    db.createObjectStore("boards", { keyPath: "class" });
    db.createObjectStore("meta");
  },
});

/** @returns {Promise<Row[]>} in the order they were tapped */
export const rows = async () => (await open).getAll("outbox");

/** All of them or none. @param {Row[]} added */
export async function add(added) {
  const tx = (await open).transaction("outbox", "readwrite");
  for (const row of added) row.n = await tx.store.add(row);
  await tx.done;
}

/** @param {Row[]} changed */
export async function put(changed) {
  const tx = (await open).transaction("outbox", "readwrite");
  for (const row of changed) await tx.store.put(row);
  await tx.done;
}

/** @param {Row[]} gone */
export async function remove(gone) {
  const tx = (await open).transaction("outbox", "readwrite");
  for (const row of gone) await tx.store.delete(row.n);
  await tx.done;
}

/** Into the list of refusals, in one transaction with its leaving the outbox. @param {Row} row @param {string} code @param {string} message */
export async function refuse(row, code, message) {
  const tx = (await open).transaction(["outbox", "refused"], "readwrite");
  await tx.objectStore("refused").put({ ...row, code, message });
  await tx.objectStore("outbox").delete(row.n);
  await tx.done;
}

/** @returns {Promise<(Row & { code: string, message: string })[]>} */
export const refusals = async () => (await open).getAll("refused");

/** @param {string} id */
export const dismiss = async (id) => (await open).delete("refused", id);

/** @param {string} key */
export const photo = async (key) => (await open).get("photos", key);

/** @param {{ key: string, blob?: Blob, id?: string }} value */
export const putPhoto = async (value) => (await open).put("photos", value);

/** Photos that no waiting entry needs any more. @param {Set<string>} needed */
export async function sweepPhotos(needed) {
  const db = await open;
  for (const key of await db.getAllKeys("photos")) if (!needed.has(key)) await db.delete("photos", key);
}

/** @param {number} classId */
export const board = async (classId) => (await open).get("boards", classId);

/** @param {Record<string, any>} value */
export const putBoard = async (value) => (await open).put("boards", value);

export const forgetBoards = async () => (await open).clear("boards");

/** @param {string} key */
export const meta = async (key) => (await open).get("meta", key);

/** @param {string} key @param {any} value */
export const putMeta = async (key, value) => (await open).put("meta", value, key);
