// @ts-check
/* Eight digits on big keys. Where the browser can read QR codes by itself, the camera does it. */

const form = /** @type {HTMLFormElement} */ (document.getElementById("door-form"));
const field = /** @type {HTMLInputElement} */ (document.getElementById("door-code"));
const length = Number(form.dataset.length);
const digits = () => field.value.replace(/\D/g, "");
let sent = false;

/** @param {string} text */
function show(text) {
  field.value = text.length > length / 2 ? `${text.slice(0, length / 2)} ${text.slice(length / 2)}` : text;
  field.removeAttribute("aria-invalid");
}

function send() {
  if (sent) return;
  sent = true;
  form.requestSubmit();
}

form.addEventListener("submit", () => (sent = true));
window.addEventListener("pageshow", () => (sent = false));
field.addEventListener("focus", () => field.select());

document.querySelector("[data-keys]")?.addEventListener("click", (event) => {
  const key = /** @type {HTMLElement} */ (event.target).closest("button");
  if (!key || sent) return;
  const before = field.hasAttribute("aria-invalid") ? "" : digits();
  if (key.dataset.digit) {
    show((before + key.dataset.digit).slice(0, length));
    if (digits().length === length) send();
  } else if ("erase" in key.dataset) show(before.slice(0, -1));
});

// ---- the camera

const Detector = /** @type {any} */ (window).BarcodeDetector;
const start = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-scan-start]"));
const place = /** @type {HTMLElement} */ (document.querySelector("[data-scan]"));
const video = /** @type {HTMLVideoElement} */ (place.querySelector("video"));
const EVERY = 250;
/** @type {MediaStream | null} */
let stream = null;

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  place.hidden = true;
}

async function scan() {
  const detector = new Detector({ formats: ["qr_code"] });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return; // no camera, or not allowed: the keys are there
  }
  video.srcObject = stream;
  place.hidden = false;
  await video.play();
  while (stream) {
    const found = await detector.detect(video).catch(() => []);
    const texts = found.map((/** @type {any} */ each) => String(each.rawValue));
    const code = texts.find((/** @type {string} */ text) => /^TUOYU:\d{8}$/.test(text));
    if (code) {
      stop();
      show(code.replace(/\D/g, ""));
      send();
    }
    await new Promise((done) => setTimeout(done, EVERY));
  }
}

async function offer() {
  if (!start || !Detector || !navigator.mediaDevices) return;
  const formats = await Detector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return;
  start.hidden = false;
  /** @type {HTMLElement} */ (document.querySelector("[data-no-scan]")).hidden = true;
  start.addEventListener("click", scan);
  document.querySelector("[data-scan-stop]")?.addEventListener("click", stop);
}

offer();
