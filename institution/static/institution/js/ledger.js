// @ts-check
/* The button for photos says what was chosen. */

for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("[data-photos]"))) {
  input.addEventListener("change", () => {
    const place = input.closest("label")?.querySelector("[data-photo-names]");
    const names = [...(input.files ?? [])].map((file) => file.name);
    if (place && names.length) place.textContent = names.join(", ");
  });
}
