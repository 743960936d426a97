// @ts-check
import { behaviour, start } from "./behaviours.js";
import { onLive, onResync } from "./live.js";

/** A bar that follows a job (ui/progress.html): told by the socket, asked for when the socket is silent. */

const OVER = new Set(["done", "failed"]);
const SLOWEST = 15_000;

/** @type {Map<string, () => void>} */
const followed = new Map();

behaviour("[data-job]", (element) => {
  const { job: id = "", jobUrl = "", jobState = "" } = element.dataset;
  if (OVER.has(jobState)) {
    if (followed.delete(id)) document.dispatchEvent(new CustomEvent("job:over", { detail: { id, state: jobState } }));
    return;
  }
  let pause = 2_000;
  let timer = 0;
  let asking = false;

  async function ask() {
    window.clearTimeout(timer);
    if (asking || !element.isConnected) return;
    asking = true;
    const fresh = await fragment(jobUrl).catch(() => null);
    asking = false;
    if (fresh) {
      element.replaceWith(fresh);
      start(fresh);
      return;
    }
    pause = Math.min(pause * 2, SLOWEST);
    timer = window.setTimeout(ask, pause);
  }

  followed.set(id, ask);
  timer = window.setTimeout(ask, pause);
});

/** @param {string} url */
async function fragment(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return null;
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  return /** @type {HTMLElement | null} */ (template.content.querySelector("[data-job]"));
}

onLive("job", ({ cursor }) => followed.get(cursor)?.());
onResync(() => followed.forEach((ask) => ask()));
