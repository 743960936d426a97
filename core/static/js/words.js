// @ts-check

/**
 * Sentences in the page's language. The page gives them as JSON: `{% words %}` for the shell's own,
 * `{{ words|json_script:"board-words" }}` (an id that ends in "-words") for a page's.
 */

/** @type {Record<string, string>} */
const words = {};
for (const script of document.querySelectorAll('script[type="application/json"]:is([id="words"], [id$="-words"])')) {
  Object.assign(words, JSON.parse(script.textContent ?? "{}"));
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] fills {name} in the sentence
 */
export function say(key, values = {}) {
  const sentence = words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

export const language = document.documentElement.lang || "zh-hans";
const locale = language === "en" ? "en-GB" : "zh-CN";

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const hourMinute = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });

/** @param {number} value */
export const number = (value) => whole.format(value);

/** @param {Date | number | string} moment */
export const clock = (moment) => hourMinute.format(new Date(moment));
