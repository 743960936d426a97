// @ts-check
import { data, draw, figures, palette, token } from "../js/theme.js";

const { days, entries, name } = data("entries-data");

draw("entries", {
  grid: { left: 4, right: 8, top: 24, bottom: 2, containLabel: true },
  tooltip: { trigger: "axis" },
  xAxis: { type: "category", data: days },
  yAxis: { type: "value", minInterval: 1 },
  series: [
    {
      type: "bar",
      name,
      barMaxWidth: 14,
      data: entries.map((/** @type {number} */ value, /** @type {number} */ i) => ({
        value,
        itemStyle: { color: i === entries.length - 1 ? palette[0] : "#8cc4bd", borderRadius: 3 },
      })),
      label: {
        show: true,
        position: "top",
        fontFamily: figures,
        color: token("--ink-3"),
        formatter: (/** @type {any} */ bar) => (bar.value ? bar.value.toLocaleString() : ""),
      },
    },
  ],
});
