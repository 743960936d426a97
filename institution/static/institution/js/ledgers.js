// @ts-check
import { onLive, onResync } from "../../js/live.js";

/** What is due, fetched again when somebody writes into a ledger. */

const PAUSE = 500;
let timer = 0;

function refresh() {
  timer ||= window.setTimeout(() => {
    timer = 0;
    const part = document.getElementById("ledgers");
    if (part && !document.hidden) {
      /** @type {any} */ (window).htmx.ajax("GET", part.dataset.ledgers, { source: part, target: part, swap: "outerMorph" });
    }
  }, PAUSE);
}

onLive("ledgers", refresh);
onResync(refresh);
document.addEventListener("visibilitychange", refresh);
