// @ts-check
import { data, draw } from "../../js/theme.js";

/** Minutes above the rule: a column for each day, its classes one upon the other. */

const place = document.getElementById("ratio-chart");
const { days, unit, series } = data("ratio-data");
if (place) {
  draw(place, {
    grid: { left: 4, right: 12, top: 34, bottom: 2, containLabel: true },
    legend: { top: 0, left: 0 },
    tooltip: { trigger: "axis", valueFormatter: (/** @type {number} */ value) => `${value} ${unit}` },
    xAxis: { type: "category", data: days },
    yAxis: { type: "value", minInterval: 1 },
    series: series.map((/** @type {any} */ each) => ({ type: "bar", stack: "all", barMaxWidth: 34, name: each.name, data: each.values })),
  });
}
