// @ts-check
import { behaviour } from "./behaviours.js";

/** A file field inside a button says which file was chosen: `<label class="btn file-button"><span data-file-said>…</span><input type="file"></label>`. */
behaviour("[data-file-said]", (said) => {
  const input = said.closest("label")?.querySelector("input[type=file]");
  if (!(input instanceof HTMLInputElement)) return;
  const before = said.textContent;
  input.addEventListener("change", () => (said.textContent = input.files?.[0]?.name ?? before));
});
