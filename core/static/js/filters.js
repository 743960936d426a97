// @ts-check
import { behaviour } from "./behaviours.js";

const TYPING_PAUSE = 350;

/** A filter form sends itself when a choice changes, and while one types in its search field. */
behaviour("form[data-auto-submit]", (form) => {
  if (!(form instanceof HTMLFormElement)) return;
  let timer = 0;
  const send = () => {
    window.clearTimeout(timer);
    form.requestSubmit();
  };
  form.addEventListener("change", (event) => {
    if (!(event.target instanceof HTMLInputElement && event.target.type === "search")) send();
  });
  if (!form.hasAttribute("hx-get")) return; // a full page load while typing would take the focus away
  form.addEventListener("input", (event) => {
    if (!(event.target instanceof HTMLInputElement && event.target.type === "search")) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(send, TYPING_PAUSE);
  });
});
