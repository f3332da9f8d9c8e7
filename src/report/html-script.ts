/**
 * Draws the figures in the reader's colours, and again when those change. Runs in the reader's browser.
 * Plotly's button that sends the chart to its maker's server is taken away.
 */
export const script = `
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const themed = (axis) => ({
    ...axis, gridcolor: colour("--grid"), linecolor: colour("--line"), zerolinecolor: colour("--line"),
    showline: true, ticks: "outside", tickcolor: colour("--line"),
  });
  const narrow = matchMedia("(max-width: 46rem)");
  // Labels of points are placed for a wide plot; a narrow one has the legend instead.
  const fitted = (layout) => (narrow.matches ? { ...layout, annotations: [], showlegend: true } : layout);
  const draw = () => figures.forEach(({ data, layout }, i) => {
    const page = getComputedStyle(document.body);
    Plotly.react("plot-" + i, data, {
      ...fitted(layout),
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: page.fontFamily, size: 13, color: colour("--text") },
      xaxis: themed(layout.xaxis),
      yaxis: themed(layout.yaxis),
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--quiet"), activecolor: colour("--accent") },
      hoverlabel: { font: { family: page.fontFamily, size: 13 } },
    }, { responsive: true, displaylogo: false, plotlyServerURL: "", modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d"] });
  });
  draw();
  for (const query of [narrow, matchMedia("(prefers-color-scheme: dark)")]) query.addEventListener("change", draw);
})();
`;
