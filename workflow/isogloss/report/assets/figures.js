"use strict";

const left_out = Object.fromEntries(Object.keys(facts.filters).map((field) => [field, new Set()]));
const plots = new Map();

/** Tell whether a figure's row passes the filters; a row that does not know a field passes that field's. */
function passes(row) {
  return Object.entries(facts.columns).every(([field, columns]) =>
    columns.every((column) => (row[column] ?? null) === null || !left_out[field].has(String(row[column]))));
}

/** Fit a figure's panels, and its legend, to a width. */
function fitted(spec, width) {
  const inner = spec.spec ?? spec;
  if (typeof inner.width === "number") inner.width = Math.min(inner.width, Math.max(140, width - 95));
  if (spec.facet) {
    const wide = typeof inner.width === "number" ? inner.width + 85 : stepped(inner, spec.data.values) + 110;
    spec.columns = Math.max(1, Math.min(spec.facet.sort.length, Math.floor((width + 20) / wide)));
  }
  spec.config.legend.columns = width < 600 ? 2 : 5;
  if (width < 600) spec.config.legend.layout = { bottom: { anchor: "start", direction: "vertical" } };
  return spec;
}

function stepped(inner, rows) {
  const { x, xOffset } = (inner.layer?.[0] ?? inner).encoding;
  const several = (channel) => new Set(rows.map((row) => row[channel.field])).size;
  return inner.width.step * several(x) * (inner.width.for === "offset" ? several(xOffset) + 1 : 1);
}

async function draw(name) {
  const plot = plots.get(name);
  const asked = (plot.asked = {});
  const spec = fitted(structuredClone(await json(`figure-${name}`)), plot.element.clientWidth);
  const rows = spec.data.values.filter(passes);
  plot.rows = rows;
  plot.stale = false;
  plot.view?.finalize();
  plot.view = null;
  if (!rows.length) {
    plot.element.replaceChildren(make("p", { class: "nothing" }, "The filters leave nothing of this figure."));
  } else {
    spec.data.values = rows;
    if (spec.facet) {
      const there = new Set(rows.map((row) => row[spec.facet.field]));
      spec.facet.sort = spec.facet.sort.filter((panel) => there.has(panel));
      spec.columns = Math.min(spec.columns, spec.facet.sort.length);
    }
    const drawn = await vegaEmbed(make("div"), spec, { actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true } });
    if (plot.asked !== asked) { drawn.finalize(); return; }
    plot.view = drawn;
    // The element around it describes the figure as a whole.
    drawn.view.container().querySelector("svg").setAttribute("aria-hidden", "true");
    plot.element.replaceChildren(drawn.view.container());
  }
  plot.element.classList.add("drawn");
}

function redraw() {
  for (const [name, plot] of plots) {
    plot.stale = true;
    if (plot.near) draw(name);
  }
  let hidden = 0;
  for (const [field, values] of Object.entries(left_out)) {
    const all = facts.filters[field].length;
    const state = document.querySelector(`[data-state="${field}"]`);
    if (state) state.textContent = values.size ? `${all - values.size} of ${all}` : "all";
    hidden += values.size;
  }
  byId("filtered").textContent = hidden ? "All figures show a part." : "";
  inTheBackground();
}

/** Draw what is not on the screen when there is nothing else to do, so that searching and printing find it. */
function inTheBackground() {
  const next = [...plots].find(([, plot]) => plot.stale && !plot.near);
  if (next) requestIdleCallback(() => draw(next[0]).then(inTheBackground), { timeout: 500 });
}

function startFigures() {
  const form = byId("filters");
  form.hidden = false;
  form.addEventListener("change", (event) => {
    const { name, value, checked } = event.target;
    if (checked) left_out[name].delete(value); else left_out[name].add(value);
    redraw();
  });
  form.addEventListener("click", (event) => {
    const field = event.target.dataset.all ?? event.target.dataset.none;
    if (!field) return;
    const all = event.target.dataset.all !== undefined;
    left_out[field] = new Set(all ? [] : facts.filters[field]);
    for (const box of form.querySelectorAll("input")) if (box.name === field) box.checked = all;
    redraw();
  });
  form.addEventListener("reset", () => {
    for (const field of Object.keys(left_out)) left_out[field] = new Set();
    redraw();
  });
  form.addEventListener("toggle", (event) => {
    if (event.target.open) for (const other of form.querySelectorAll("details")) if (other !== event.target) other.open = false;
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of form.querySelectorAll("details[open]")) { open.open = false; open.firstElementChild.focus(); }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".filter")) for (const open of form.querySelectorAll("details[open]")) open.open = false;
  });
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const name = entry.target.dataset.figure, plot = plots.get(name);
      plot.near = entry.isIntersecting;
      if (plot.near && plot.stale) draw(name);
    }
  }, { rootMargin: "300px" });
  for (const element of document.querySelectorAll("[data-figure]")) {
    plots.set(element.dataset.figure, { element, stale: true, near: false });
    watcher.observe(element);
  }
  let width = innerWidth;
  addEventListener("resize", later(() => { if (innerWidth !== width) { width = innerWidth; redraw(); } }));
  for (const button of document.querySelectorAll("[data-csv]")) {
    button.addEventListener("click", async () => {
      const rows = (await json(`figure-${button.dataset.csv}`)).data.values.filter(passes);
      const columns = rows.length ? Object.keys(rows[0]) : [];
      download(`${button.dataset.csv}.csv`, toCsv([columns, ...rows.map((row) => columns.map((column) => row[column]))]));
    });
  }
  inTheBackground();
}
