"use strict";

const ROWS = 50;
const shown = { about: null, header: [], rows: [], found: [], column: -1, down: false, page: 0 };

async function openTable() {
  const name = byId("table-name").value;
  const [header, ...rows] = fromCsv(await text(`table-${name}`));
  if (byId("table-name").value !== name) return;
  const about = facts.tables.find((table) => table.name === name);
  Object.assign(shown, { about, header, rows, column: -1, down: false, page: 0 });
  const cut = about.shown < about.rows
    ? ` The first ${about.shown.toLocaleString("en")} of ${about.rows.toLocaleString("en")} rows; all are in tables/${about.name}.csv beside this page.` : "";
  byId("table-about").textContent = about.about + cut;
  byId("table-columns").querySelector("dl").replaceChildren(...about.columns.map(([name, meaning]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, meaning))));
  sortTable();
}

function sortTable() {
  const wanted = byId("table-filter").value.trim().toLowerCase();
  shown.found = shown.rows.filter((row) => !wanted || row.some((field) => field.toLowerCase().includes(wanted)));
  if (shown.column >= 0) {
    const number = shown.about.numbers.includes(shown.header[shown.column]);
    const sign = shown.down ? -1 : 1;
    shown.found.sort((one, other) => {
      const [a, b] = [one[shown.column], other[shown.column]];
      if (a === "" || b === "") return (a === "") - (b === ""); // what is not known comes last
      return sign * (number ? Number(a) - Number(b) : a < b ? -1 : Number(a > b));
    });
  }
  shown.page = 0;
  showTable();
}

function showTable() {
  const { header, found, about } = shown;
  const meanings = Object.fromEntries(about.columns);
  const heads = header.map((name, column) => {
    const sorted = column === shown.column;
    const button = make("button", { type: "button", title: meanings[name] || null, on: { click: () => {
      shown.down = sorted ? !shown.down : false;
      shown.column = column;
      sortTable();
      byId("table-scroll").querySelectorAll("th button")[column].focus();
    } } }, name, sorted ? (shown.down ? " ↓" : " ↑") : "");
    const order = sorted ? (shown.down ? "descending" : "ascending") : "none";
    return make("th", { scope: "col", "aria-sort": order, class: about.numbers.includes(name) ? "number" : null }, button);
  });
  const numbers = header.map((name) => about.numbers.includes(name));
  const lines = found.slice(shown.page * ROWS, (shown.page + 1) * ROWS).map((row) =>
    make("tr", {}, ...row.map((field, column) => make("td", numbers[column] ? { class: "number" } : {}, rounded(field, numbers[column])))));
  byId("table-scroll").replaceChildren(make("table", {}, make("caption", { class: "hidden" }, about.title),
    make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines)));
  const pages = Math.max(1, Math.ceil(found.length / ROWS));
  byId("table-status").textContent = `${found.length.toLocaleString("en")} of ${shown.rows.length.toLocaleString("en")} rows`;
  byId("page-now").textContent = `Page ${shown.page + 1} of ${pages}`;
  byId("page-back").disabled = shown.page === 0;
  byId("page-next").disabled = shown.page >= pages - 1;
  byId("pager").hidden = pages === 1;
}

/** Show a long decimal number with four significant digits. */
function rounded(field, number) {
  return number && field.includes(".") && field.length > 6 ? String(Number(Number(field).toPrecision(4))) : field;
}

async function copyTable() {
  const content = [shown.header, ...shown.found].map((row) => row.join("\t")).join("\n");
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    const area = make("textarea");
    area.value = content;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  byId("table-status").textContent = `${shown.found.length.toLocaleString("en")} rows copied`;
}

function startTables() {
  if (!facts.tables.length) return;
  byId("table-form").hidden = false;
  byId("table-form").addEventListener("submit", (event) => event.preventDefault());
  byId("table-name").addEventListener("change", openTable);
  byId("table-filter").addEventListener("input", later(sortTable));
  byId("table-copy").addEventListener("click", copyTable);
  byId("table-csv").addEventListener("click", async () => {
    const whole = shown.found.length === shown.rows.length && shown.column < 0;
    const content = whole ? await text(`table-${shown.about.name}`) : toCsv([shown.header, ...shown.found]);
    download(`${shown.about.name}.csv`, content);
  });
  byId("page-back").addEventListener("click", () => { shown.page--; showTable(); });
  byId("page-next").addEventListener("click", () => { shown.page++; showTable(); });
  new IntersectionObserver((entries, watcher) => {
    if (entries.some((entry) => entry.isIntersecting)) { watcher.disconnect(); openTable(); }
  }, { rootMargin: "600px" }).observe(byId("tables"));
}
