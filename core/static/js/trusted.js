// @ts-check
/*
 * The only door from text to HTML (Trusted Types). It stands before every other script, htmx included, and is no
 * module, so that nothing runs earlier. What it looks for is what our server never sends in a fragment: handlers,
 * inline or foreign scripts, frames, addresses that are programs. Such a text is refused as a whole, not mended.
 */
(() => {
  const types = /** @type {any} */ (window).trustedTypes;
  if (!types) return;

  const inert = types.createPolicy("looked-at", { createHTML: (/** @type {string} */ html) => html });
  const PROGRAM = /^[\s\u0000-\u001f]*(javascript|vbscript|data)\s*:/i;
  const ADDRESSES = new Set(["href", "src", "action", "formaction", "xlink:href", "data"]);
  const REFUSED = "iframe, frame, object, embed, applet, base, meta[http-equiv], link[rel=import], animate, set";

  /** @param {string} address */
  const ours = (address) => {
    const url = new URL(address, location.href);
    return url.origin === location.origin && !url.pathname.startsWith("/files/");
  };

  /** @param {Element} script */
  const harmlessScript = (script) =>
    script.getAttribute("type") === "application/json" ||
    (!script.textContent?.trim() && ours(script.getAttribute("src") ?? "data:"));

  /** @param {Attr} attribute */
  const harmless = ({ name, value, ownerElement }) => {
    if (name.startsWith("on") || name.startsWith("hx-on") || name === "srcdoc" || name === "style") return false;
    if (!ADDRESSES.has(name) || !PROGRAM.test(value)) return true;
    return ownerElement?.localName === "img" && /^\s*data:image\/(png|jpeg|webp|gif|svg\+xml)[;,]/i.test(value);
  };

  /** @param {ParentNode} root */
  const clean = (root) => {
    if (root.querySelector(REFUSED)) return false;
    for (const element of root.querySelectorAll("*")) {
      if (element.localName === "script" && !harmlessScript(element)) return false;
      if (![...element.attributes].every(harmless)) return false;
      if (element.localName === "template" && !clean(/** @type {HTMLTemplateElement} */ (element).content)) return false;
    }
    return true;
  };

  types.createPolicy("default", {
    /** @param {string} html */
    createHTML(html) {
      if (!html.includes("<")) return html;
      const text = inert.createHTML(html);
      const template = document.createElement("template"); // keeps rows and cells, which a whole page drops
      template.innerHTML = text;
      return clean(template.content) && clean(new DOMParser().parseFromString(text, "text/html")) ? html : null;
    },
    /** @param {string} url of a script, module or service worker */
    createScriptURL: (url) => (ours(url) ? url : null),
    /** @param {string} text htmx copies the scripts of a fragment: those with an address are empty, data is JSON */
    createScript: (text) => (!text.trim() || isJSON(text) ? text : null),
  });

  /** @param {string} text */
  function isJSON(text) {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  }
})();
