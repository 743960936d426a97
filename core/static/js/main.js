// @ts-check
import { start } from "./behaviours.js";
import "./counts.js";
import { csrfToken } from "./csrf.js";
import "./file-name.js";
import "./filters.js";
import "./invitation.js";
import "./job.js";
import { connect } from "./live.js";
import "./passkey.js";
import "./password.js";
import "./secret.js";
import "./sheet.js";
import "./stepup.js";
import "./table.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const { live, signIn } = document.documentElement.dataset;

if (live) connect(live);

document.addEventListener("live:signed-out", () => toast(say("signed_out"), { tone: "warn", seconds: 60 }));

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-print]")) window.print();
});

document.addEventListener("htmx:after:process", (event) => {
  if (event.target instanceof Element) start(event.target);
});

document.addEventListener("htmx:config:request", (event) => {
  const { request } = /** @type {CustomEvent} */ (event).detail.ctx;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken();
});

/** The session ended: fetch followed the redirect to the sign-in page, which must not land in a fragment. */
document.addEventListener("htmx:before:response", (event) => {
  const { raw } = /** @type {CustomEvent} */ (event).detail.ctx.response;
  if (!signIn || !raw.redirected || new URL(raw.url).pathname !== signIn) return;
  event.preventDefault();
  location.assign(`${signIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
});

/** @type {Record<number, string>} */
const TROUBLE = { 401: "signed_out", 403: "not_allowed", 404: "not_there", 429: "busy" };

document.addEventListener("htmx:response:error", (event) => {
  const { hx, response } = /** @type {CustomEvent} */ (event).detail.ctx;
  const { status } = response;
  if (status !== 422 && !/"(?:toast|stepup)"/.test(hx?.trigger ?? "")) toast(say(TROUBLE[status] ?? "failed"), { tone: "danger" });
});

document.addEventListener("htmx:error", () => toast(say("no_answer"), { tone: "danger" }));

/** A view may answer with HX-Trigger: {"toast": {"message": "...", "tone": "ok"}}; core.middleware does for refusals. */
document.addEventListener("toast", (event) => {
  const { message, tone } = /** @type {CustomEvent} */ (event).detail;
  toast(message, { tone });
});
