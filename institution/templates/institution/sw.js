// The board without a network. Pages come from the network first; hashed files from the cache. Kept: the shell and the
// roster as it was last opened. Never kept: photos, answers of the API, redirects and errors.
const CACHE = "nursery-{{ version }}";
const PAGES = "nursery-pages";
const SHELL = {{ shell_json|safe }};
const STATIC = "{{ static }}";
const BOARD = "{{ board }}";
const OFFLINE = "{{ offline }}";
const WAIT = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(SHELL))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((keys) =>
        Promise.all(keys.filter((key) => key.startsWith("nursery-") && key !== CACHE && key !== PAGES).map((key) => caches.delete(key))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(file(event.request));
  else if (event.request.mode === "navigate") event.respondWith(page(event, url.pathname));
});

self.addEventListener("message", (event) => {
  if (event.data?.keep?.startsWith(BOARD)) event.waitUntil(fetch(event.data.keep).then((answer) => keep(event.data.keep, answer), () => {}));
  if (event.data?.forget) event.waitUntil(caches.delete(PAGES));
});

async function file(request) {
  return (await caches.match(request, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request);
}

async function page(event, path) {
  const kept = path.startsWith(BOARD) ? ((await match(path)) ?? (await match(BOARD))) : null;
  const asked = fetch(event.request).then((answer) => {
    if (path.startsWith(BOARD)) event.waitUntil(keep(path, answer.clone()));
    return answer;
  });
  try {
    return await (kept ? Promise.race([asked, late()]) : asked);
  } catch {
    asked.catch(() => {});
    return kept ?? (await caches.match(OFFLINE)) ?? Response.error();
  }
}

const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), WAIT));
const match = (path) => caches.match(path, { cacheName: PAGES });

async function keep(path, answer) {
  if (!answer.ok || answer.redirected || answer.type !== "basic") return;
  const body = await answer.blob(); // whole before it is put: a network lost in the middle must not cost the old copy
  const cache = await caches.open(PAGES);
  for (const key of new Set([path, BOARD])) await cache.put(key, new Response(body, { headers: answer.headers }));
}
