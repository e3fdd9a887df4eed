"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const read = new Map();

/** Give the text of one of the page's compressed blocks; it is unpacked once, when it is first asked for. */
function text(name) {
  if (!read.has(name)) {
    const element = document.querySelector(`script[data-block="${CSS.escape(name)}"]`);
    const bytes = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    read.set(name, new Response(stream).text());
  }
  return read.get(name);
}

const parsed = new Map();
function json(name) {
  if (!parsed.has(name)) parsed.set(name, text(name).then(JSON.parse));
  return parsed.get(name);
}

/** Make an element; children that are strings become text, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, action] of Object.entries(value)) element.addEventListener(event, action);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const byId = (id) => document.getElementById(id);

/** Read CSV; a quoted field may hold commas, quotes and line ends. */
function fromCsv(content) {
  const rows = [];
  let row = [], field = "", quoted = false;
  for (let place = 0; place < content.length; place++) {
    const letter = content[place];
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (content[place + 1] === '"') field += content[++place];
      else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ",") { row.push(field); field = ""; }
    else if (letter === "\n") { row.push(field); rows.push(row); row = []; field = ""; }
    else if (letter !== "\r") field += letter;
  }
  if (field || row.length) { row.push(field); rows.push(row); }
  return rows;
}

function toCsv(rows) {
  const quote = (value) => {
    const field = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
  };
  return rows.map((row) => row.map(quote).join(",") + "\n").join("");
}

function download(name, content) {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type: "text/csv;charset=utf-8" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv"]);
const direction = (language) => (RIGHT_TO_LEFT.has(language.split("-")[0]) ? "rtl" : "ltr");

function later(action, wait = 150) {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => action(...given), wait); };
}
