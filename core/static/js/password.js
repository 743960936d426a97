// @ts-check
import { behaviour } from "./behaviours.js";
import { say } from "./words.js";

/** A button beside a password field that shows what was typed: `data-show-password="<id of the field>"`. */
behaviour("[data-show-password]", (button) => {
  const field = document.getElementById(button.dataset.showPassword ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    button.setAttribute("aria-label", say(shown ? "password_show" : "password_hide"));
    field.focus();
  });
  field.form?.addEventListener("submit", () => (field.type = "password"));
});
