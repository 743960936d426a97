// @ts-check

/**
 * Register a service worker; without HTTPS (other than localhost) there is none, and the page works online only.
 * @param {string} url
 * @param {string} scope
 * @returns {Promise<ServiceWorkerRegistration | null>}
 */
export async function registerWorker(url, scope) {
  if (!("serviceWorker" in navigator)) return null;
  try {
    const registration = await navigator.serviceWorker.register(url, { scope });
    await navigator.storage?.persist?.();
    return registration;
  } catch {
    return null;
  }
}
