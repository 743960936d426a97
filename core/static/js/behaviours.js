// @ts-check

/** @type {{ selector: string, setUp: (element: HTMLElement) => void, done: WeakSet<Element> }[]} */
const behaviours = [];

/**
 * Set up every element that matches, now and after each htmx swap, once each.
 * @param {string} selector usually "[data-something]"
 * @param {(element: HTMLElement) => void} setUp
 */
export function behaviour(selector, setUp) {
  const entry = { selector, setUp, done: new WeakSet() };
  behaviours.push(entry);
  run(entry, document);
}

/** @param {ParentNode} root the part of the page that is new */
export function start(root) {
  for (const entry of behaviours) run(entry, root);
}

/**
 * @param {(typeof behaviours)[number]} entry
 * @param {ParentNode} root
 */
function run({ selector, setUp, done }, root) {
  const found = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
  if (root instanceof HTMLElement && root.matches(selector)) found.unshift(root);
  for (const element of found) {
    if (done.has(element)) continue;
    done.add(element);
    setUp(element);
  }
}
