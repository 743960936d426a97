// @ts-check
import { behaviour } from "./behaviours.js";

/** A field that takes its value from the fragment of the address, which then no longer stands there: `data-from-address`. */
behaviour("[data-from-address]", (field) => {
  const code = location.hash.slice(1);
  if (!(field instanceof HTMLInputElement) || !code) return;
  field.value = code.slice(0, field.maxLength);
  history.replaceState(null, "", location.pathname + location.search);
});
