// @ts-check

/**
 * ECharts drawn from the page's tokens. A page that uses it loads vendor/echarts/dist/echarts.min.js (defer) before
 * its own module.
 */

/** @type {any} */
const echarts = /** @type {any} */ (window).echarts;
const css = getComputedStyle(document.documentElement);

/** @param {string} name of a token, with its dashes */
export const token = (name) => css.getPropertyValue(name).trim();

export const font = token("--font");
export const figures = token("--font-num");
export const palette = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7"].map(token);

/** Four steps of one hue for maps. */
export const hues = {
  teal: ["#e3f1ee", "#a9d5ce", "#5fb0a6", "#17786f"],
  apricot: ["#fff1e2", "#ffd6ae", "#f6a15a", "#c5651a"],
  blue: ["#e9f0f9", "#bcd3ee", "#7fa9da", "#2f68ad"],
};

const axis = {
  axisLine: { lineStyle: { color: token("--line") } },
  axisTick: { show: false },
  axisLabel: { color: token("--ink-3"), fontSize: 11 },
  splitLine: { lineStyle: { color: token("--line-2") } },
  nameTextStyle: { color: token("--ink-3") },
};

echarts.registerTheme("tuoyu", {
  color: palette,
  textStyle: { fontFamily: font, color: token("--ink-2") },
  categoryAxis: { ...axis, splitLine: { show: false } },
  valueAxis: { ...axis, axisLine: { show: false } },
  legend: {
    textStyle: { color: token("--ink-2"), fontSize: 12 },
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 14,
    icon: "roundRect",
  },
  tooltip: {
    renderMode: "richText", // HTML tooltips need style attributes, which the CSP refuses
    confine: true,
    backgroundColor: "rgba(12, 47, 49, .94)",
    borderWidth: 0,
    padding: [8, 12],
    textStyle: { color: "#fff", fontSize: 12, fontFamily: font },
  },
});

/** @type {Set<any>} */
const charts = new Set();
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

new ResizeObserver((entries) => {
  for (const { target } of entries) echarts.getInstanceByDom(target)?.resize();
  for (const chart of charts) if (!chart.getDom().isConnected) forget(chart);
}).observe(document.body);

/** @param {any} chart */
function forget(chart) {
  charts.delete(chart);
  chart.dispose();
}

/**
 * @param {HTMLElement | string} place an element or its id
 * @param {object} option of ECharts; call chart.setOption() again for new data
 * @returns {any} the ECharts instance
 */
export function draw(place, option) {
  const element = typeof place === "string" ? document.getElementById(place) : place;
  const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, "tuoyu", { renderer: "canvas" });
  chart.setOption({ animationDuration: still ? 0 : 500, ...option });
  if (!charts.has(chart)) {
    charts.add(chart);
    new ResizeObserver(() => chart.resize()).observe(/** @type {HTMLElement} */ (element));
  }
  return chart;
}

/**
 * Data the template gave by {{ value|json_script:"id" }}.
 * @param {string} id
 */
export function data(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}

/** A line over a fading area, for the one emphasised series. */
export function emphasised(colour = palette[0]) {
  return {
    type: "line",
    smooth: 0.3,
    showSymbol: false,
    lineStyle: { width: 2.5, color: colour },
    itemStyle: { color: colour },
    areaStyle: {
      color: {
        type: "linear",
        x: 0,
        y: 0,
        x2: 0,
        y2: 1,
        colorStops: [
          { offset: 0, color: withAlpha(colour, 0.2) },
          { offset: 1, color: withAlpha(colour, 0) },
        ],
      },
    },
  };
}

/** The other lines beside it. */
export function beside(colour = palette[1]) {
  return {
    type: "line",
    smooth: 0.3,
    showSymbol: false,
    lineStyle: { width: 2, color: colour },
    itemStyle: { color: colour },
  };
}

/** Horizontal bars with their figures, the largest emphasised. @param {[string, number][]} rows largest first */
export function ranking(rows, colour = palette[0], muted = "#8cc4bd") {
  const upwards = [...rows].reverse();
  return {
    grid: { left: 4, right: 44, top: 2, bottom: 0, containLabel: true },
    tooltip: {},
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      data: upwards.map(([name]) => name),
      axisLine: { show: false },
      axisLabel: { color: token("--ink-2"), fontSize: 12 },
    },
    series: [
      {
        type: "bar",
        data: upwards.map(([, value], i) => ({
          value,
          itemStyle: { color: i === upwards.length - 1 ? colour : muted },
        })),
        barMaxWidth: 12,
        itemStyle: { borderRadius: 3 },
        showBackground: true,
        backgroundStyle: { color: token("--line-2"), borderRadius: 3 },
        label: { show: true, position: "right", fontFamily: figures, fontWeight: 500, color: token("--ink-2") },
      },
    ],
  };
}

/**
 * Counties in four steps of one hue, name and figure in the shape.
 * @param {string} map the name given to registerMap
 * @param {{ name: string, value: number }[]} rows
 * @param {{ unit?: string, hue?: string[], describe?: (row: any) => string }} [options]
 */
export function choropleth(map, rows, { unit = "", hue = hues.teal, describe } = {}) {
  const values = rows.map((row) => row.value);
  const low = Math.floor(Math.min(...values, 0));
  const high = Math.max(low + 1, Math.ceil(Math.max(...values, 0)));
  const label = {
    show: true,
    fontSize: 11,
    lineHeight: 15,
    color: token("--ink"),
    fontFamily: font,
    textBorderColor: "rgba(255, 255, 255, .85)",
    textBorderWidth: 2,
    formatter: (/** @type {any} */ shape) =>
      Number.isFinite(shape.value) ? `${shape.name}\n{n|${shape.value.toLocaleString()}}` : shape.name,
    rich: { n: { fontFamily: figures, fontWeight: 600, fontSize: 12, color: token("--ink") } },
  };
  return {
    tooltip: {
      formatter: (/** @type {any} */ shape) =>
        shape.data && describe ? describe(shape.data) : `${shape.name}  ${shape.value ?? ""}${unit}`,
    },
    visualMap: {
      type: "continuous",
      min: low,
      max: high,
      left: 16,
      bottom: 12,
      itemWidth: 10,
      itemHeight: 84,
      text: [`${high.toLocaleString()}${unit}`, `${low.toLocaleString()}${unit}`],
      textStyle: { color: token("--ink-3"), fontSize: 11 },
      inRange: { color: hue },
      calculable: false,
    },
    series: [
      {
        type: "map",
        map,
        layoutCenter: ["50%", "48.5%"],
        layoutSize: "97%",
        aspectScale: 0.82,
        selectedMode: false,
        data: rows,
        label,
        itemStyle: { borderColor: "#fff", borderWidth: 1.4, areaColor: hue[0] },
        emphasis: { label: { color: token("--ink") }, itemStyle: { areaColor: "#ffd9b3", borderColor: "#ec8534" } },
      },
    ],
  };
}

/** @param {string} name @param {object} geojson */
export const registerMap = (name, geojson) => echarts.registerMap(name, geojson);

/** @param {string} colour #rrggbb @param {number} alpha */
function withAlpha(colour, alpha) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}
