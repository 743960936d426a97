// @ts-check
import { behaviour } from "./behaviours.js";

/** Dialogs: `data-open="<id>"` opens one, `data-close` or a click beside it closes it, `data-opened` opens at once. */

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const opener = target.closest("[data-open]");
  if (opener) {
    openSheet(/** @type {HTMLElement} */ (opener).dataset.open ?? "");
    return;
  }
  if (target.closest("[data-close]") || besides(target, event)) target.closest("dialog")?.close();
});

/** @param {string} id */
export function openSheet(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/**
 * A click on the backdrop is a click on the dialog outside of its box.
 * @param {Element} target
 * @param {MouseEvent} event
 */
function besides(target, event) {
  if (!(target instanceof HTMLDialogElement) || !event.detail) return false;
  const box = target.getBoundingClientRect();
  const inside =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return !inside;
}

behaviour("dialog[data-opened]", (dialog) => {
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
});
