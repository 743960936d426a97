// @ts-check
import { behaviour } from "./behaviours.js";

/**
 * A whole number on the screen: `data-secret="<seconds>"`. It takes the focus, so that it is read out, and is gone when the
 * time is over, the sheet is closed or the page is left. In a sheet the question it answered comes back, and the focus goes
 * to the button that opened the sheet.
 */

/** @type {WeakMap<Element, Node[]>} what stood in the sheet before */
const questions = new WeakMap();

behaviour("[data-secret-form]", (form) => {
  const body = form.querySelector(".secret-body");
  if (body) questions.set(body, [...body.childNodes].map((node) => node.cloneNode(true)));
});

behaviour("[data-secret]", (shown) => {
  const body = shown.closest(".secret-body");
  const dialog = shown.closest("dialog");
  const left = shown.querySelector("[data-secret-left]");
  const bar = shown.querySelector("[data-secret-bar]");
  const button = /** @type {HTMLElement | null | undefined} */ (dialog?.querySelector("[data-secret-show]"));
  const whole = Number(shown.dataset.secret);
  const until = performance.now() + whole * 1000;

  const timer = setInterval(() => {
    const seconds = Math.ceil((until - performance.now()) / 1000);
    if (left) left.textContent = String(Math.max(0, seconds));
    bar?.setAttribute("width", String(Math.max(0, ((until - performance.now()) / whole / 1000) * 100)));
    if (seconds <= 0) hide();
  }, 250);

  function hide() {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", away);
    dialog?.removeEventListener("close", hide);
    if (body) body.replaceChildren(...(questions.get(body) ?? []).map((node) => node.cloneNode(true)));
    else shown.remove();
    if (button) button.hidden = false;
    dialog?.close();
  }

  function away() {
    if (document.hidden) hide();
  }

  document.addEventListener("visibilitychange", away);
  dialog?.addEventListener("close", hide);
  if (button) button.hidden = true;
  shown.focus();
});
