// @ts-check
import { language } from "../../js/words.js";

/** What the server gave with the page, and its clock. */

/** @import { Kind } from "./form.js" */

export const $ = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
export const page = JSON.parse($("board-page").textContent ?? "{}");
/** @type {Map<string, Kind>} */
export const kinds = new Map(page.kinds.map((/** @type {any} */ kind) => [kind.code, kind]));
const locale = language === "en" ? "en-GB" : "zh-CN";
const hourMinute = new Intl.DateTimeFormat(locale, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: page.zone,
});
const isoDay = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: page.zone });

/** @param {number} at */
export const clock = (at) => hourMinute.format(at);

/** The local day of the city. @param {number} at */
export const dayOf = (at) => isoDay.format(at);
