// @ts-check
import { behaviour } from "./behaviours.js";

const SECONDS = 6;
const SECONDS_FOR_TROUBLE = 14;
const AT_MOST = 3;

/**
 * Say something and let it be undone.
 * @param {string} text
 * @param {{ tone?: "ok" | "warn" | "danger", action?: { label: string, run: () => void }, seconds?: number }} [options]
 * @returns {HTMLElement} the toast, for tests and for taking it back
 */
export function toast(text, { tone = "ok", action, seconds } = {}) {
  const region = /** @type {HTMLElement} */ (document.getElementById("toasts"));
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("toast-template"));
  const piece = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const element = /** @type {HTMLElement} */ (piece.firstElementChild);
  element.classList.add(tone);
  /** @type {HTMLElement} */ (element.querySelector("span")).textContent = text;
  if (seconds) element.dataset.seconds = String(seconds);
  if (action) {
    const button = /** @type {HTMLButtonElement} */ (element.querySelector("[data-toast-action]"));
    button.textContent = action.label;
    button.hidden = false;
    button.addEventListener("click", () => {
      element.remove();
      action.run();
    });
    /** @type {HTMLElement} */ (element.querySelector("[data-toast-close]")).hidden = true;
  }
  region.append(element);
  while (region.children.length > AT_MOST) region.firstElementChild?.remove();
  keep(element);
  return element;
}

/** @param {HTMLElement} element */
function keep(element) {
  if (element.dataset.kept) return;
  element.dataset.kept = "yes";
  const calm = !element.classList.contains("danger");
  const seconds = Number(element.dataset.seconds) || (calm ? SECONDS : SECONDS_FOR_TROUBLE);
  let timer = 0;
  const leave = () => element.remove();
  const wait = () => (timer = window.setTimeout(leave, seconds * 1000));
  const hold = () => window.clearTimeout(timer);
  element.addEventListener("pointerenter", hold);
  element.addEventListener("pointerleave", wait);
  element.addEventListener("focusin", hold);
  element.addEventListener("focusout", wait);
  element.querySelector("[data-toast-close]")?.addEventListener("click", leave);
  wait();
}

behaviour("[data-toast]", keep);
