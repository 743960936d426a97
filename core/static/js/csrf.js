// @ts-check

/** The CSRF token now: the cookie changes at sign-in, a token in an old page does not. */
export function csrfToken() {
  const cookie = /(?:^|; )(?:__Host-)?csrftoken=([^;]*)/.exec(document.cookie);
  if (cookie) return decodeURIComponent(cookie[1]);
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector('input[name="csrfmiddlewaretoken"]');
  return field?.value ?? "";
}

/**
 * POST to ourselves.
 * @param {string} url
 * @param {unknown} [body] a FormData, or anything that becomes JSON
 * @param {RequestInit} [options]
 */
export function post(url, body, options = {}) {
  const form = body instanceof FormData;
  return fetch(url, {
    method: "POST",
    credentials: "same-origin",
    ...options,
    headers: {
      "X-CSRFToken": csrfToken(),
      ...(form || body === undefined ? {} : { "Content-Type": "application/json" }),
      ...options.headers,
    },
    body: form || body === undefined ? /** @type {FormData | undefined} */ (body) : JSON.stringify(body),
  });
}
