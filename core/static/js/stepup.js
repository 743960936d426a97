// @ts-check

/**
 * A view asked "is it still you" (core.stepup): the question opens as a dialog, and once it is answered the request is
 * sent again. What was typed is still on the page.
 */

const PLACE = "stepup-place";

/** @type {HTMLElement | null} */
let waiting = null;

document.addEventListener("stepup", (event) => {
  const { url } = /** @type {CustomEvent} */ (event).detail;
  waiting = /** @type {HTMLElement} */ (event.target);
  /** @type {any} */ (window).htmx.ajax("GET", url, { target: `#${PLACE}`, swap: "innerHTML" });
});

document.addEventListener("stepup-done", () => {
  document.getElementById(PLACE)?.replaceChildren();
  const again = waiting;
  waiting = null;
  if (again instanceof HTMLFormElement) again.requestSubmit();
  else again?.click();
});
