// @ts-check
import { onLive, onResync } from "../../js/live.js";

/** Notices, and who has read one, fetched again when one is published, read or withdrawn. */

const PAUSE = 500;
let timer = 0;

const shown = () => document.getElementById("notices");

function refresh() {
  timer ||= window.setTimeout(() => {
    timer = 0;
    const part = shown();
    if (part && !document.hidden) {
      /** @type {any} */ (window).htmx.ajax("GET", part.dataset.notices, { source: part, target: part, swap: "outerMorph" });
    }
  }, PAUSE);
}

onLive("notice", (hint) => {
  const only = shown()?.dataset.notice;
  if (!only || hint.cursor === only) refresh();
});
onResync(refresh);
document.addEventListener("visibilitychange", refresh);
