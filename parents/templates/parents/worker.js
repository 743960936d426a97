const SHELL_CACHE = "family-{{ version }}";
const DAY_CACHE = "family-day";
const SHELL = {{ shell|safe }};

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(SHELL_CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("family-") && name !== SHELL_CACHE && name !== DAY_CACHE;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(DAY_CACHE));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (SHELL.includes(url.pathname)) {
    event.respondWith(caches.match(request).then((hit) => hit ?? fetch(request)));
  } else if (request.mode === "navigate" && url.pathname.startsWith("/family/")) {
    event.respondWith(page(request));
  }
});

/* The page from the network; without one, the last that was seen, which says itself that it is old. */
async function page(request) {
  const cache = await caches.open(DAY_CACHE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(8000) });
    if (answer.ok && !answer.redirected) await keep(cache, request, answer.clone());
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in/")) await caches.delete(DAY_CACHE);
    return answer;
  } catch {
    const same = await cache.match(request);
    if (same) return same;
    const kept = await cache.keys();
    return (kept.length && (await cache.match(kept.at(-1)))) || Response.error();
  }
}

/* The last few days a family looked at, the newest last. */
async function keep(cache, request, answer) {
  await cache.delete(request);
  await cache.put(request, answer);
  const kept = await cache.keys();
  await Promise.all(kept.slice(0, Math.max(0, kept.length - 6)).map((key) => cache.delete(key)));
}
