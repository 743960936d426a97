// @ts-check
import { onLive, onResync } from "../../js/live.js";

/** The figures of the day, fetched again when the classes log: at most every two seconds. */

const PAUSE = 2000;
let timer = 0;

function refresh() {
  timer ||= window.setTimeout(() => {
    timer = 0;
    const part = document.getElementById("today");
    if (part && !document.hidden) {
      /** @type {any} */ (window).htmx.ajax("GET", part.dataset.today, { source: part, target: part, swap: "outerMorph" });
    }
  }, PAUSE);
}

onLive("daily-log", refresh);
onLive("roster", refresh);
onLive("presence", refresh);
onResync(refresh);
