// @ts-check
import { say } from "../../js/words.js";

/**
 * The fields of a kind as form parts, and the detail that was filled in.
 *
 * @typedef {{ name: string, type: "choice" | "choices" | "amount" | "number" | "text" | "photos", label: string,
 *   required: boolean, choices: [string, string][], unit: string, units: [string, string][], low: number | null,
 *   high: number | null, step: string, length: number, value: any }} Field
 * @typedef {{ code: string, label: string, attendance: boolean, answer: string, switch: string, each: boolean,
 *   everyone: boolean, round: number, presets: number[], fields: Field[] }} Kind
 */

/**
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes, or `on...` for listeners
 * @param {...(Node | string)} inside
 */
export function el(tag, props = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...inside);
  return element;
}

/** A copy of an icon that the page holds ready. @param {string} name */
export function icon(name) {
  const icons = /** @type {HTMLTemplateElement} */ (document.getElementById("icons"));
  const found = icons.content.querySelector(`[data-icon="${name}"]`)?.firstElementChild;
  return found ? found.cloneNode(true) : "";
}

let made = 0;

/**
 * One field with its label.
 * @param {Field} field
 * @param {any} value
 * @param {number[]} presets of an amount
 * @param {(value: any) => void} [picked] a preset or choice was tapped
 */
export function fieldElement(field, value, presets, picked = () => {}) {
  const id = `field-${++made}`;
  const input = inputElement(field, value ?? field.value, presets, id, picked);
  const label =
    field.type === "text" || field.type === "number" || field.type === "amount"
      ? el("label", { for: id, class: field.required ? "req" : null }, field.label)
      : el("span", { class: "label", id: `${id}-label` }, field.label);
  return el("div", { class: "field", "data-field": field.name, "data-type": field.type }, label, input);
}

/** @param {Field} field @param {any} value @param {number[]} presets @param {string} id @param {(value: any) => void} picked */
export function inputElement(field, value, presets, id, picked = () => {}) {
  if (field.type === "choice") return choice(field.choices, value, `${id}-label`, picked, field.required);
  if (field.type === "choices") return many(field.choices, value ?? [], `${id}-label`);
  if (field.type === "amount") return amount(field, value, presets, id, picked);
  if (field.type === "number") return el("input", { ...numeric(field, id), value: value ?? "" });
  if (field.length > 100) return el("textarea", { id, class: "input", rows: 2, maxlength: field.length }, value ?? "");
  return el("input", { id, class: "input", maxlength: field.length, value: value ?? "", autocomplete: "off" });
}

/** @param {[string, string][]} choices @param {string | undefined | null} value @param {string} label @param {(value: string) => void} picked @param {boolean} required */
function choice(choices, value, label, picked, required) {
  const group = el("div", {
    class: choices.length > 5 ? "chips" : "seg wide",
    role: "group",
    "aria-labelledby": label,
  });
  for (const [each, text] of choices) {
    group.append(el("button", { type: "button", "aria-pressed": String(each === value), value: each }, text));
  }
  group.querySelectorAll("button").forEach((button) => {
    button.addEventListener("click", () => {
      const off = !required && button.getAttribute("aria-pressed") === "true";
      group.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === button && !off)));
      picked(off ? "" : button.value);
    });
  });
  return group;
}

/** @param {[string, string][]} choices @param {string[]} values @param {string} label */
function many(choices, values, label) {
  const group = el("div", { class: "chips", role: "group", "aria-labelledby": label });
  for (const [each, text] of choices) {
    const button = el("button", { type: "button", value: each, "aria-pressed": String(values.includes(each)) }, text);
    button.addEventListener("click", () =>
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true")),
    );
    group.append(button);
  }
  return group;
}

/** @param {Field} field @param {{ value: number, unit: string } | null | undefined} value @param {number[]} presets @param {string} id @param {(value: any) => void} picked */
function amount(field, value, presets, id, picked) {
  const input = /** @type {HTMLInputElement} */ (el("input", { ...numeric(field, id), value: value?.value ?? "" }));
  const unit = value?.unit ?? field.unit;
  const beside =
    field.units.length > 1
      ? el(
          "select",
          { class: "input", "aria-label": field.label },
          ...field.units.map(([each, text]) => option(each, text, unit)),
        )
      : el("span", {}, field.units[0]?.[1] ?? field.unit);
  const line = el(
    "div",
    { class: field.units.length > 1 ? "amount two" : "amount with-unit", "data-unit": unit },
    input,
    beside,
  );
  if (!presets.length) return line;
  const chips = el("div", { class: "chips presets" });
  for (const preset of presets) {
    const text = field.unit === "Cel" ? preset.toFixed(1) : String(preset);
    const chip = el("button", { type: "button", class: "num", "aria-pressed": String(value?.value === preset) }, text);
    chip.addEventListener("click", () => {
      input.value = text;
      chips.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === chip)));
      picked({ value: preset, unit });
    });
    chips.append(chip);
  }
  return el("div", { class: "amount-field" }, chips, line);
}

/** @param {string} each @param {string} text @param {string} chosen */
const option = (each, text, chosen) => el("option", { value: each, selected: each === chosen }, text);

/** @param {Field} field @param {string} id */
const numeric = (field, id) => ({
  id,
  class: "input num",
  type: "number",
  inputmode: field.step === "1" ? "numeric" : "decimal",
  min: field.low,
  max: field.high,
  step: field.step,
  autocomplete: "off",
});

/**
 * What the fields inside `root` say.
 * @param {ParentNode} root
 * @param {Kind} kind
 * @returns {{ detail: Record<string, any>, missing: Field | null }} without what was left empty
 */
export function readFields(root, kind) {
  /** @type {Record<string, any>} */
  const detail = {};
  /** @type {Field | null} */
  let missing = null;
  for (const field of kind.fields) {
    const place = root.querySelector(`[data-field="${field.name}"]`);
    if (!place) continue;
    const value = read(place, field);
    if (value === undefined || value === "" || value === null) {
      if (field.required || place.querySelector("input:invalid")) missing ??= field;
    } else detail[field.name] = value;
  }
  return { detail, missing };
}

/** @param {Element} place @param {Field} field */
function read(place, field) {
  if (field.type === "choice") return pressed(place)[0];
  if (field.type === "choices") return pressed(place).length ? pressed(place) : undefined;
  const input = /** @type {HTMLInputElement} */ (place.querySelector("input, textarea"));
  if (field.type === "text") return input.value.trim();
  if (input.value === "" || !input.checkValidity()) return undefined;
  const value = Number(input.value);
  if (field.type === "number") return value;
  return { value, unit: place.querySelector("select")?.value ?? field.unit };
}

/** @param {Element} place */
const pressed = (place) =>
  [...place.querySelectorAll('button[value][aria-pressed="true"]')].map(
    (button) => /** @type {HTMLButtonElement} */ (button).value,
  );

/** Say what is missing and go there. @param {HTMLElement} root @param {Field} field @param {string} [sentence] */
export function complain(root, field, sentence = say("fill_in", { field: field.label })) {
  const place = /** @type {HTMLElement} */ (root.querySelector(`[data-field="${field.name}"]`));
  place.querySelector(".error")?.remove();
  place.append(el("span", { class: "error", role: "alert" }, sentence));
  const input = place.querySelector("input, textarea, button");
  input?.setAttribute("aria-invalid", "true");
  if (input instanceof HTMLElement) input.focus();
}
