// @ts-check
import { start } from "../js/behaviours.js";
import { onLive, onResync } from "../js/live.js";
import { beside, choropleth, data, draw, emphasised, figures, hues, palette, registerMap, token } from "../js/theme.js";

const page = /** @type {HTMLElement} */ (document.querySelector("[data-overview]"));
const url = page.dataset.overview ?? "";
const PAUSE = 1_000;
const LIGHT = { color: "#fff", textBorderColor: "rgba(20, 40, 42, .7)", rich: { n: { color: "#fff" } } };

/** @typedef {{ code: string, name: string, url: string, chosen: boolean, about: [string, string][] } & Record<string, any>} Area */
/** @type {Area[]} */
let areas = data("map-data") ?? [];
let metric = "present";
/** @type {any} */
let map = null;

const buttons = /** @type {HTMLButtonElement[]} */ ([...page.querySelectorAll("[data-metric]")]);
for (const button of buttons) {
  button.addEventListener("click", () => {
    metric = button.dataset.metric ?? metric;
    for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
    drawMap();
  });
}

drawTrend();
drawOutlines();

async function drawOutlines() {
  const place = document.getElementById("map");
  if (!place) return;
  const answer = await fetch(page.dataset.outlines ?? "");
  const outlines = await answer.json();
  // Outlines carry codes; the name on a shape is the region's in the language of the page.
  const shapes = outlines.features.flatMap((/** @type {any} */ shape) => {
    const area = areas.find((each) => each.code === String(shape.id));
    return area ? [{ ...shape, properties: { ...shape.properties, name: area.name } }] : [];
  });
  if (!shapes.length) return;
  registerMap("region", { ...outlines, features: shapes });
  drawMap();
  map.on("click", (/** @type {any} */ shape) => shape.data?.url && location.assign(shape.data.url));
}

function drawMap() {
  const place = document.getElementById("map");
  const button = buttons.find((each) => each.dataset.metric === metric);
  const unit = button?.dataset.unit ?? "";
  for (const zone of page.querySelectorAll("[data-area]")) {
    const area = areas.find((each) => each.code === /** @type {HTMLElement} */ (zone).dataset.area);
    const value = zone.querySelector("[data-zone-value]");
    if (area && value) value.textContent = area[metric] === null ? "–" : area[metric].toLocaleString() + unit;
  }
  if (!place) return;
  const drilled = areas.some((area) => area.chosen);
  const values = areas.map((area) => area[metric]).filter((value) => value !== null);
  const low = unit === "%" ? Math.floor(Math.min(...values)) : 0; // shares lie close together: from zero on they look alike
  const dark = low + (Math.max(...values) - low) * 0.75;
  const rows = areas.map((area) => ({
    ...area,
    value: area[metric],
    label: !drilled && area[metric] > dark ? LIGHT : {},
    itemStyle: area.chosen ? { borderColor: palette[1], borderWidth: 2.5, shadowBlur: 0 } : drilled ? { opacity: 0.5 } : {},
  }));
  const known = rows.filter((row) => row.value !== null);
  const option = choropleth("region", known, {
    unit,
    hue: hues[/** @type {keyof typeof hues} */ (button?.dataset.hue ?? "teal")],
    describe: (area) => [area.name, ...area.about.map((/** @type {string[]} */ pair) => pair.join("  "))].join("\n"),
  });
  map = draw(place, option);
  map.setOption({ visualMap: { min: low, text: [option.visualMap.text[0], `${low}${unit}`] } });
}

function drawTrend() {
  const place = document.getElementById("trend");
  const { days, enrolled, attended, names } = data("trend-data");
  if (!place || !days.length) return;
  const end = { show: true, fontFamily: figures, fontWeight: 600, offset: [-42, -12] };
  const label = (/** @type {any} */ point) => point.value.toLocaleString();
  draw(place, {
    grid: { left: 4, right: 16, top: 34, bottom: 2, containLabel: true },
    legend: { top: 0, left: 0, data: names },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: days, boundaryGap: false },
    yAxis: { type: "value", scale: true, axisLabel: { formatter: (/** @type {number} */ value) => value.toLocaleString() } },
    series: [
      { ...beside(), name: names[0], data: enrolled, endLabel: { ...end, color: token("--apricot-700"), formatter: label } },
      { ...emphasised(), name: names[1], data: attended, endLabel: { ...end, color: palette[0], offset: [-42, 14], formatter: label } },
    ],
  });
}

/* A hint says that something changed; what, is asked for here, never more than once a second. */
let asking = false;
let again = false;

async function refresh() {
  if (asking || document.hidden) {
    again = true;
    return;
  }
  asking = true;
  again = false;
  const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok && !answer.redirected) show(await answer.json());
  window.setTimeout(() => {
    asking = false;
    if (again) refresh();
  }, PAUSE);
}

/** @param {{ kpis: Record<string, string>, map: Area[], parts: Record<string, string> }} fresh */
function show(fresh) {
  for (const [name, text] of Object.entries(fresh.kpis)) {
    const figure = document.querySelector(`[data-kpi="${name}"]`);
    if (figure && figure.textContent !== text) figure.textContent = text;
  }
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-part]"))) {
    const html = fresh.parts[part.dataset.part ?? ""];
    if (html === undefined || part.contains(document.activeElement)) continue;
    part.innerHTML = html;
    start(part);
  }
  areas = fresh.map;
  if (map) drawMap();
}

onLive("daily-log", refresh);
onResync((reason) => reason !== "open" && refresh());
document.addEventListener("visibilitychange", () => !document.hidden && again && refresh());
