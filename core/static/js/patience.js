// @ts-check

const FIRST = 500;
const SOON = 2_000; // while the trouble may be a restart, which is over within ten seconds
const TRIES_SOON = 12; // eleven seconds at least
const LATER = 4_000;
const TRIES = 20;
const MUCH_LATER = 30_000;

/** How long to wait before trying again; spread, so that a thousand phones do not come at once. @param {number} tries */
export function pause(tries) {
  const wait = tries < TRIES_SOON ? Math.min(FIRST * 2 ** tries, SOON) : tries < TRIES ? LATER : MUCH_LATER;
  return wait * (0.5 + Math.random());
}
