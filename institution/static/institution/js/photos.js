// @ts-check
import { el, icon } from "./form.js";
import { kept, uuid } from "./outbox.js";
import * as store from "./store.js";

const LONGEST_SIDE = 2048;

/**
 * Photos chosen for the next entry: made small, kept on the device, shown before they are sent.
 * @param {{ label: string, failed: () => void, changed: () => void }} options
 */
export function photoPicker({ label, failed, changed }) {
  /** @type {{ key: string, url: string }[]} */
  let chosen = [];
  const input = /** @type {HTMLInputElement} */ (
    el("input", { type: "file", accept: "image/*", multiple: true, class: "visually-hidden", id: "photo-input" })
  );
  const strip = el("div", { class: "shots" });
  const add = el("label", { class: "btn add-photo", for: "photo-input" }, icon("camera"), label);
  input.addEventListener("change", async () => {
    for (const file of [...(input.files ?? [])].slice(0, 9 - chosen.length)) {
      try {
        await keep(file);
      } catch {
        failed();
      }
    }
    input.value = "";
    draw();
  });

  /** @param {File} file */
  async function keep(file) {
    const blob = await smaller(file);
    const key = uuid();
    kept.add(key);
    await store.putPhoto({ key, blob });
    chosen.push({ key, url: URL.createObjectURL(blob) });
  }

  function draw() {
    strip.replaceChildren(
      ...chosen.map(({ key, url }) => {
        const off = el("button", { type: "button", "data-key": key, "aria-label": "×" }, icon("x"));
        off.addEventListener("click", () => {
          chosen = chosen.filter((each) => each.key !== key);
          kept.delete(key);
          draw();
        });
        return el("span", { class: "shot" }, el("img", { src: url, alt: "", width: 64, height: 64 }), off);
      }),
    );
    changed();
  }

  return {
    element: el("div", { class: "photo-field" }, strip, el("span", {}, add, input)),
    keys: () => chosen.map(({ key }) => key),
    clear() {
      for (const { key, url } of chosen) {
        kept.delete(key);
        URL.revokeObjectURL(url);
      }
      chosen = [];
      draw();
    },
  };
}

/** A phone's photo is several megabytes; the server keeps no more than this anyway. @param {File} file */
async function smaller(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return /** @type {Blob} */ (blob ?? file);
}
