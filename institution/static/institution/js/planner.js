// @ts-check

/**
 * Dragging a waiting child to a month of a class. It does what the links do: choose the child, then "Here". So fingers,
 * keys and readers of the screen have the same way, and nothing is offered before the form is sent.
 */

const FAR = 6; // pixels before a press becomes a drag

/** @type {{ application: string, at: [number, number], ghost: HTMLElement | null, card: HTMLElement } | null} */
let drag = null;
let dragged = false;

/** @param {PointerEvent} event */
const cellUnder = (event) =>
  /** @type {HTMLElement | null} */ (
    document.elementFromPoint(event.clientX, event.clientY)?.closest(".ad-cell") ?? null
  );

/** @param {HTMLElement | null} cell */
function mark(cell) {
  for (const old of document.querySelectorAll(".ad-cell.aimed")) old.classList.remove("aimed");
  cell?.classList.add("aimed");
}

document.addEventListener("pointerdown", (event) => {
  const card = /** @type {HTMLElement | null} */ (
    event.target instanceof Element ? event.target.closest(".ad-line .ad-card") : null
  );
  // A finger moves the page; it drags by the handle alone.
  const handle = event.target instanceof Element && event.target.closest(".i");
  if (!card || event.button || (event.pointerType !== "mouse" && !handle)) return;
  drag = { application: card.dataset.application ?? "", at: [event.clientX, event.clientY], ghost: null, card };
  dragged = false;
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [x, y] = drag.at;
  if (!drag.ghost && Math.hypot(event.clientX - x, event.clientY - y) < FAR) return;
  dragged = true;
  if (!drag.ghost) {
    drag.ghost = document.createElement("div");
    drag.ghost.className = "ad-ghost";
    drag.ghost.textContent = drag.card.querySelector("b")?.textContent ?? "";
    document.body.append(drag.ghost);
  }
  drag.ghost.style.translate = `${event.clientX + 10}px ${event.clientY + 10}px`;
  mark(cellUnder(event));
});

/** @param {PointerEvent} event */
function drop(event) {
  if (!drag) return;
  const { application, ghost } = drag;
  const cell = ghost && event.type === "pointerup" ? cellUnder(event) : null;
  ghost?.remove();
  drag = null;
  mark(null);
  if (cell) attempt(application, cell);
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

/** A drag that ends on its own card is no click. */
document.addEventListener(
  "click",
  (event) => {
    if (!dragged) return;
    dragged = false;
    event.preventDefault();
    event.stopPropagation();
  },
  { capture: true },
);

/**
 * @param {string} application
 * @param {HTMLElement} cell
 */
function attempt(application, cell) {
  const planner = document.getElementById("planner");
  if (!planner) return;
  const asked = new URLSearchParams({
    application,
    class_group: cell.dataset.class ?? "",
    month: cell.dataset.month ?? "",
  });
  /** @type {any} */ (window).htmx.ajax("GET", `${planner.dataset.planner}?${asked}`, {
    source: planner,
    target: planner,
    swap: "outerHTML",
  });
}
