// @ts-check
/* The family's answer is shown the moment it comes; what is being typed is not thrown away for it. */

import { onLive, onResync } from "../../js/live.js";

const field = /** @type {HTMLInputElement | null} */ (document.querySelector(".dr-ask input[name=name]"));
const typing = () => Boolean(field?.value.trim());

onLive("pickup", () => typing() || location.reload());
onResync((reason) => reason !== "open" && (typing() || location.reload()));
