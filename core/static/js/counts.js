// @ts-check
import { behaviour } from "./behaviours.js";
import { loader, onLive, onResync } from "./live.js";

/**
 * A number in the menu: `<span data-count="<url>" data-count-topic="<topic>" hidden>`. Pages do not ask for it when they are
 * made; the browser does, at most once a minute and whenever the topic is heard.
 */

const FRESH = 60_000;

/** @param {HTMLElement} span @param {number} count */
function show(span, count) {
  span.textContent = String(count);
  span.hidden = count === 0;
}

/** What was fetched lately, on another page too. @param {string} key @returns {number | null} */
function known(key) {
  try {
    const { count, at } = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    return Date.now() - at < FRESH ? count : null;
  } catch {
    return null;
  }
}

behaviour("[data-count]", (span) => {
  if (!(span instanceof HTMLElement)) return;
  const { count: url = "", countTopic: topic = "", countOwner: owner = "" } = span.dataset;
  const key = `count:${owner}:${url}`;
  const ask = loader(async () => {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return answer.status < 500; // signed out: there is nothing to show
    const { count } = await answer.json();
    sessionStorage.setItem(key, JSON.stringify({ count, at: Date.now() }));
    show(span, count);
    return true;
  });
  const before = known(key);
  if (before === null) ask();
  else show(span, before);
  onLive(topic, ask);
  onResync(ask);
});
