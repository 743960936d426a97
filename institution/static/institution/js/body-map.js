// @ts-check
/* The body map marks the boxes of the list below it; without this file the list is there alone. */

const map = document.querySelector(".in-body .bm");
const list = /** @type {HTMLDetailsElement | null} */ (document.querySelector("[data-body-list]"));
const names = /** @type {HTMLElement | null} */ (document.querySelector("[data-body-names]"));
const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=body]"));

function show() {
  const marked = [];
  for (const box of boxes) {
    map?.querySelector(`[data-part="${box.value}"]`)?.classList.toggle("on", box.checked);
    if (box.checked) marked.push(box.closest("label")?.textContent?.trim());
  }
  if (names) names.textContent = marked.join(" · ") || names.dataset.none || "";
}

if (map && list) {
  map.classList.add("markable");
  list.open = false;
  map.addEventListener("click", (event) => {
    const part = /** @type {SVGElement} */ (event.target).dataset?.part;
    const box = [...boxes].find((each) => each.value === part);
    if (!box) return;
    box.checked = !box.checked;
    show();
  });
  list.addEventListener("change", show);
  show();
}

const photo = /** @type {HTMLInputElement | null} */ (document.querySelector(".in-photo input"));
photo?.addEventListener("change", () => {
  const place = photo.closest("label")?.querySelector("[data-file-name]");
  if (place && photo.files?.[0]) place.textContent = photo.files[0].name;
});
