// @ts-check
import { onLive, onResync } from "../../js/live.js";

/** The list of alerts, fetched again when one changes. */

const PAUSE = 500;
let timer = 0;

function refresh() {
  timer ||= window.setTimeout(() => {
    timer = 0;
    const part = document.getElementById("alerts");
    if (part && !document.hidden) {
      /** @type {any} */ (window).htmx.ajax("GET", part.dataset.alerts, { source: part, target: part, swap: "outerMorph" });
    }
  }, PAUSE);
}

onLive("alert", refresh);
onResync(refresh);
document.addEventListener("visibilitychange", refresh);
