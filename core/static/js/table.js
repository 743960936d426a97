// @ts-check
import { behaviour } from "./behaviours.js";

/** On a phone a row is a card (data.css): each cell carries the words of its column's head. */
behaviour("table.table:not(.keep) tbody", (body) => {
  const table = /** @type {HTMLTableElement} */ (body.closest("table"));
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent?.trim() ?? "");
  label();
  new MutationObserver(label).observe(body, { childList: true });

  function label() {
    for (const row of /** @type {HTMLTableSectionElement} */ (body).rows) {
      [...row.cells].forEach((cell, i) => {
        if (cell.dataset.label === undefined) cell.dataset.label = heads[i] ?? "";
      });
    }
  }
});
