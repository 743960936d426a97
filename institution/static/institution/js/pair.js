// @ts-check
import { post } from "../../js/csrf.js";

/** The tablet waits for its confirmation; the answer that says so has set the cookie. */

const EVERY = 2000;
const card = /** @type {HTMLElement} */ (document.querySelector("[data-pair-finish]"));
const { pairFinish, paired, over } = /** @type {Record<string, string>} */ (card.dataset);

async function ask() {
  try {
    const answer = await post(pairFinish, undefined, { signal: AbortSignal.timeout(8000) });
    const { state } = answer.ok ? await answer.json() : { state: "waiting" };
    if (state === "paired") return location.replace(paired);
    if (state === "over") return location.replace(over);
  } catch {
    // no network for a moment: asked again
  }
  window.setTimeout(ask, EVERY);
}

ask();
