// @ts-check
/* A tablet by the door shows nobody's face for longer than it takes to hand a child over. */

const SHOWN = 90_000;
const back = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-back]"));
if (back) window.setTimeout(() => location.assign(back.href), SHOWN);
