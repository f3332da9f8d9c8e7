/**
 * Draws the figures with plotly as the reader comes to them, in the reader's colours, and again when those change. Runs in
 * the reader's browser. Until then, and on paper, the pictures stand. Plotly's button that sends the chart to its maker's
 * server is taken away.
 */
export const script = `
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const themed = (axis) => ({
    ...axis, gridcolor: colour("--grid"), linecolor: colour("--line"), zerolinecolor: colour("--line"),
    showline: true, ticks: "outside", tickcolor: colour("--line"),
  });
  const narrow = matchMedia("(max-width: 46rem)");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  // Labels of points are placed for a wide plot; a narrow one has the legend instead.
  const fitted = (layout) => (narrow.matches ? { ...layout, annotations: [], showlegend: true } : layout);
  // Names side by side have room in a wide plot alone.
  const slanted = (axis) => (narrow.matches && axis.type === "category" ? { ...axis, tickangle: axis.tickangle || -45 } : axis);
  // A title longer than a narrow plot has lines of some 24 letters.
  const broken = ({ title, ...axis }) => {
    if (!title || !narrow.matches) return title ? { ...axis, title } : axis;
    return { ...axis, title: { ...title, text: title.text.replace(/(\\S.{16,}?) (?=.{8})/g, "$1<br>"), font: { size: 12 } } };
  };
  const drawn = new Map();
  const draw = (plot) => {
    const { data, layout } = figures[Number(plot.id.slice(5))];
    let live = drawn.get(plot);
    if (!live) {
      live = document.createElement("div");
      live.className = "live";
      live.style.height = plot.dataset.height + "px";
      plot.append(live);
      drawn.set(plot, live);
    }
    plot.classList.add("drawn");
    const page = getComputedStyle(document.body);
    Plotly.react(live, data, {
      ...fitted(layout),
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: page.fontFamily, size: 13, color: colour("--text") },
      xaxis: themed(broken(slanted(layout.xaxis))),
      yaxis: themed(broken(layout.yaxis)),
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--quiet"), activecolor: colour("--accent") },
      hoverlabel: { font: { family: page.fontFamily, size: 13 } },
    }, { responsive: true, displaylogo: false, plotlyServerURL: "", modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d"] });
  };
  const again = () => { for (const plot of drawn.keys()) draw(plot); };
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) { seen.unobserve(target); draw(target); }
  }, { rootMargin: "600px" });
  for (const plot of document.querySelectorAll(".plot")) seen.observe(plot);
  for (const query of [narrow, dark]) query.addEventListener("change", again);
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    again();
  });
})();
`;
