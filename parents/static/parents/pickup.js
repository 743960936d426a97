// @ts-check
/* A pass on the phone: it goes grey the moment it is used or runs out, and is sent on as a link. */

import { onLive, onResync } from "../js/live.js";
import { toast } from "../js/toast.js";

const pass = document.getElementById("pass");
const list = document.getElementById("pickup");
const children = (pass?.dataset.children ?? list?.dataset.child ?? "").split(" ").filter(Boolean);
const ours = (/** @type {string} */ group) => children.includes(group.replace("child.", ""));

if (pass?.hasAttribute("data-open")) {
  onLive("daily-log", ({ group }) => ours(group) && location.reload());
  onResync((reason) => reason !== "open" && location.reload());
  const left = Number(pass.dataset.until) * 1000 - Date.now();
  window.setTimeout(() => location.reload(), Math.max(left, 0) + 2000);
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-share]"))) {
  button.addEventListener("click", async () => {
    const url = new URL(button.dataset.share ?? "", location.href).href;
    try {
      if (navigator.share) await navigator.share({ title: button.dataset.shareTitle, url });
      else {
        await navigator.clipboard.writeText(url);
        toast(button.dataset.copied ?? "", { tone: "ok" });
      }
    } catch {
      // the person thought better of it
    }
  });
}

for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(".pu-photo input"))) {
  input.addEventListener("change", () => {
    const place = input.closest("label")?.querySelector("[data-file-name]");
    if (place && input.files?.[0]) place.textContent = input.files[0].name;
  });
}
