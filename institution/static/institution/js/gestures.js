// @ts-check
import { $ } from "./page.js";

const DOUBLE_TAP = 600;
const LONG_PRESS = 450;

/**
 * A tap on a tile, or what asks for more: a long press, the right button, the menu key.
 * @param {{ tap: (child: number) => void, hold: (child: number) => void }} on
 */
export function gestures({ tap, hold }) {
  const grid = $("kids");
  let press = 0;
  let lastTap = { child: 0, at: 0 };
  let held = false;
  const tileOf = (/** @type {Event} */ event) =>
    /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(".kid"));
  grid.addEventListener("click", (event) => {
    const child = Number(tileOf(event)?.dataset.child);
    if (!child || held) return void (held = false);
    if (lastTap.child === child && event.timeStamp - lastTap.at < DOUBLE_TAP) return;
    lastTap = { child, at: event.timeStamp };
    tap(child);
  });
  grid.addEventListener("pointerdown", (event) => {
    const tile = tileOf(event);
    held = false;
    window.clearTimeout(press);
    if (!tile || event.button) return;
    press = window.setTimeout(() => {
      held = true;
      hold(Number(tile.dataset.child));
    }, LONG_PRESS);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave", "scroll"]) {
    grid.addEventListener(end, () => window.clearTimeout(press), { passive: true });
  }
  document.addEventListener("scroll", () => window.clearTimeout(press), { passive: true });
  grid.addEventListener("contextmenu", (event) => {
    const tile = tileOf(event);
    if (!tile) return;
    event.preventDefault();
    window.clearTimeout(press);
    hold(Number(tile.dataset.child));
  });
}
