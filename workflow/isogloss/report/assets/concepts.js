"use strict";

const CARDS = 12;
const browse = { pair: "", kind: "", layer: 0, columns: [] };
const pairOf = (one) => `${one.corpus} ${one.source} ${one.target}`;
const nameOf = (one) => `${one.model}, ${one.checkpoint}${one.control ? " (random weights)" : ""}`;

/** The files of the chosen pair and kind, one a checkpoint. */
function ofPair() {
  return facts.cards.filter((one) => pairOf(one) === browse.pair && one.kind === browse.kind);
}

/** Give a checkpoint's cards, by layer, and the words that they are made of. */
async function cardsOf(file) {
  const [layers, vocabulary] = await Promise.all([json(file.cards), json(file.words)]);
  file.layersRead ??= Object.fromEntries(Object.entries(layers).map(([layer, sides]) => [layer, {
    source: sides.source.map((card) => unpacked(card, vocabulary)),
    target: sides.target.map((card) => unpacked(card, vocabulary)),
  }]));
  return file.layersRead;
}

function unpacked(card, { words, contexts }) {
  const [cluster, types, tokens, counted, x, y, targets, aligned, coverage, matched, examples] = card;
  const pairs = (list) => list.filter((_, place) => place % 2 === 0).map((first, place) => [first, list[2 * place + 1]]);
  return {
    cluster, types, tokens, x: x / 1000, y: y / 1000, targets, aligned: Boolean(aligned), coverage,
    words: pairs(counted).map(([word, count]) => [words[word], count]),
    matched: pairs(matched).map(([source, target]) => [words[source], words[target]]),
    contexts: examples.map((example) => contexts[example]),
  };
}

const wanted = () => byId("word").value.trim().toLocaleLowerCase();
const holds = (card, word) => card.words.some(([each]) => each.toLocaleLowerCase().includes(word));
const holdsExactly = (card, word) => card.words.some(([each]) => each.toLocaleLowerCase() === word);

/** Take from a layer the source cards that have a word, themselves or in a target concept that they go with. */
function withWord(sides, word) {
  const targets = new Set(sides.target.filter((card) => holds(card, word)).map((card) => card.cluster));
  return sides.source.filter((card) => holds(card, word) || card.targets.some((target) => targets.has(target)));
}

function short(word) {
  return word.length > 60 ? word.slice(0, 60) + "…" : word;
}

function wordList(card, language, side) {
  const most = Math.max(...card.words.map(([, count]) => count));
  return make("p", { class: `words ${side}`, lang: language, dir: direction(language) }, ...card.words.flatMap(([word, count]) => [
    make("button", {
      type: "button", title: `${count} times; press to follow it`, style: `font-size: ${(0.85 + 0.65 * Math.sqrt(count / most)).toFixed(2)}em`,
      on: { click: () => follow(word) },
    }, make("bdi", {}, short(word))), " "]), card.types > card.words.length ? make("span", { class: "note", dir: "ltr" }, `and ${card.types - card.words.length} more`) : null);
}

function contextLines(card, language) {
  return card.contexts.map(([before, word, after]) => make("p", { class: "context", lang: language, dir: direction(language) },
    before, before ? " " : "", make("mark", {}, short(word)), after ? " " : "", after));
}

function cardElement(card, sides, file) {
  const parts = [make("h3", {}, `Concept ${card.cluster} `, make("span", { class: "note" },
    `${card.types} ${card.types === 1 ? "type" : "types"}, ${card.tokens} uses; `, card.aligned ? make("strong", {}, "aligned") : "not aligned", `, ${card.coverage} % translated`)),
  wordList(card, file.source, "source"), ...contextLines(card, file.source)];
  const known = card.targets.map((cluster) => sides.target.find((one) => one.cluster === cluster)).filter(Boolean);
  for (const [place, target] of known.entries()) {
    parts.push(make("p", { class: "label" }, `${card.aligned ? "aligned with" : "nearest:"} ${file.target} concept ${target.cluster}, ${target.types} types`), wordList(target, file.target, "target"));
    if (!place) parts.push(...contextLines(target, file.target));
  }
  if (!known.length) parts.push(make("p", { class: "label" }, card.targets.length ? `goes with ${file.target} concept ${card.targets.join(", ")}, which is not among those shown` : "no translation leads to any target concept"));
  if (card.matched.length) {
    parts.push(make("p", { class: "label" }, "translations that carry the match"), make("p", { class: "context" },
      ...card.matched.flatMap(([source, target], place) => [place ? ", " : "", make("bdi", { lang: file.source }, short(source)), " → ", make("bdi", { lang: file.target }, short(target))])));
  }
  return make("article", { class: "card" }, ...parts);
}

async function showColumn(column) {
  const asked = (column.asked = {});
  const file = ofPair().find((one) => one.cards === column.select.value);
  if (!file) return;
  const layers = await cardsOf(file);
  if (column.asked !== asked) return;
  const sides = layers[browse.layer];
  if (!sides) {
    column.status.textContent = `Layer ${browse.layer} was not measured in this checkpoint.`;
    column.list.replaceChildren();
    return;
  }
  const word = wanted(), which = byId("which").value;
  const of_word = word ? withWord(sides, word) : sides.source;
  const found = of_word.filter((card) => !which || card.aligned === (which === "aligned"));
  found.sort((one, other) => (word ? holdsExactly(other, word) - holdsExactly(one, word) : 0) || other.aligned - one.aligned || other.coverage - one.coverage || other.tokens - one.tokens);
  const aligned = sides.source.filter((card) => card.aligned).length;
  column.status.textContent = `${found.length} of ${sides.source.length} concepts${word ? " hold it" : ""}; ${aligned} of ${sides.source.length} are aligned.`;
  let shown = 0;
  const more = make("button", { type: "button", on: { click: () => add() } }, "More");
  const add = () => {
    more.before(...found.slice(shown, shown + CARDS).map((card) => cardElement(card, sides, file)));
    shown += CARDS;
    more.hidden = shown >= found.length;
  };
  column.list.replaceChildren(more);
  add();
}

/** Show in which layers and checkpoints a word's concept is aligned. */
async function showFollowed() {
  const word = wanted(), place = byId("followed");
  place.hidden = !word;
  byId("elsewhere").replaceChildren();
  if (!word) return;
  const files = ofPair();
  const all = await Promise.all(files.map(cardsOf));
  if (wanted() !== word) return;
  const layers = [...new Set(files.flatMap((file) => file.layers))].sort((a, b) => a - b);
  let hits = 0;
  const lines = files.map((file, number) => make("tr", {}, make("th", { scope: "row" }, nameOf(file)), ...layers.map((layer) => {
    const sides = all[number][layer];
    let found = sides ? withWord(sides, word) : [];
    const exact = found.filter((card) => holdsExactly(card, word));
    if (exact.length) found = exact;
    if (!found.length) return make("td", { class: "number" }, "–");
    hits += found.length;
    const best = found.reduce((one, other) => (other.aligned - one.aligned || other.coverage - one.coverage) > 0 ? other : one);
    const said = `${nameOf(file)}, layer ${layer}: ${best.aligned ? "aligned" : "not aligned"}, ${best.coverage} % translated`;
    return make("td", { class: "number" }, make("button", { type: "button", class: `cell${best.aligned ? " aligned" : ""}`, "aria-label": said, title: said, on: { click: () => jump(file, layer) } }, `${best.coverage} %`));
  })));
  place.replaceChildren(make("table", {}, make("caption", { class: "note" }, "Share of types translated of the concept that holds the word; underlined: aligned; –: not among those shown"),
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "layer"), ...layers.map((layer) => make("th", { scope: "col", class: "number" }, String(layer))))), make("tbody", {}, ...lines)));
  if (!hits) await showElsewhere(word);
}

/** Look for a word in the other pairs. */
async function showElsewhere(word) {
  const others = new Map();
  for (const file of facts.cards) {
    if (pairOf(file) === browse.pair || others.has(pairOf(file))) continue;
    const { words } = await json(file.words);
    if (wanted() !== word) return;
    if (words.some((each) => each.toLocaleLowerCase().includes(word))) others.set(pairOf(file), file);
  }
  byId("elsewhere").replaceChildren(others.size ? "Not in this pair; found in " : "No concept that is shown holds this word.",
    ...[...others.values()].flatMap((file) => [make("button", { type: "button", on: { click: () => { byId("pair").value = pairOf(file); choosePair(); } } }, `${file.source}–${file.target}`), " "]));
}

function jump(file, layer) {
  browse.columns[0].select.value = file.cards;
  chooseLayer(layer);
}

function follow(word) {
  byId("word").value = word;
  byId("which").value = "";
  showAll();
  byId("concepts").scrollIntoView();
}

function showAll() {
  showFollowed();
  for (const column of browse.columns) showColumn(column);
}

function chooseLayer(layer) {
  browse.layer = Number(layer);
  for (const id of ["layer", "map-layer"]) { byId(id).value = layer; byId(`${id}-now`).textContent = layer; }
  for (const column of browse.columns) showColumn(column);
  showMap();
}

function choosePair() {
  browse.pair = byId("pair").value;
  const kinds = [...new Set(facts.cards.filter((one) => pairOf(one) === browse.pair).map((one) => one.kind))];
  byId("kind").replaceChildren(...kinds.map((kind) => make("option", { value: kind }, kind.replace("-", "–"))));
  document.querySelector("label.kind").hidden = kinds.length < 2;
  chooseKind();
}

function chooseKind() {
  const before = browse.columns.map((column) => column.select.selectedOptions[0]?.textContent);
  browse.kind = byId("kind").value;
  const files = ofPair();
  const options = () => files.map((file) => make("option", { value: file.cards }, nameOf(file)));
  const usual = beside(files);
  if (!browse.columns.length) {
    for (let number = 0; number < Math.min(3, usual.length); number++) {
      const column = { select: make("select", { on: { change: () => showColumn(column) } }), status: make("p", { class: "note", role: "status" }), list: make("div") };
      browse.columns.push(column);
      byId("columns").append(make("div", { class: "column" }, make("label", {}, make("span", { class: "hidden" }, `Checkpoint of column ${number + 1}`), column.select), column.status, column.list));
    }
  }
  for (const [number, column] of browse.columns.entries()) {
    column.select.replaceChildren(...options());
    const same = files.find((file) => nameOf(file) === before[number]);
    column.select.value = (same ?? usual[number] ?? usual[0]).cards;
  }
  const map = byId("map-of"), mapped = map.selectedOptions[0]?.textContent;
  map.replaceChildren(...options());
  map.value = (files.find((file) => nameOf(file) === mapped) ?? usual[0]).cards;
  const last = Math.max(...files.flatMap((file) => file.layers));
  for (const id of ["layer", "map-layer"]) byId(id).max = last;
  const sampled = files.some((file) => file.shown < file.whole);
  const [shown, whole] = ["shown", "whole"].map((key) => files.reduce((sum, file) => sum + file[key], 0));
  byId("sampled").textContent = sampled
    ? `Of this pair's ${whole.toLocaleString("en")} concepts in all layers and checkpoints ${shown.toLocaleString("en")} are in this page: those of the same words throughout, from frequent to rare. Searching and the map know these only.` : "";
  showFollowed();
  chooseLayer(Math.min(browse.started ? browse.layer : Math.ceil(last / 2), last));
  browse.started = true;
}

/** Choose what stands side by side at first: a pretrained model, the same fine-tuned, and the control. */
function beside(files) {
  const first = files.find((one) => one.checkpoint === "pretrained" && !one.control) ?? files[0];
  const tuned = files.find((one) => one.model === first.model && one.checkpoint !== "pretrained");
  const control = files.find((one) => one.control);
  const chosen = [first, tuned, control].filter(Boolean);
  return [...chosen, ...files.filter((one) => !chosen.includes(one) && one.checkpoint === "pretrained"), ...files.filter((one) => !chosen.includes(one) && one.checkpoint !== "pretrained")];
}

function startConcepts() {
  if (!facts.cards.length) return;
  byId("browse").hidden = byId("map-form").hidden = false;
  const pairs = [...new Map(facts.cards.map((one) => [pairOf(one), one])).values()];
  const corpora = new Set(pairs.map((one) => one.corpus)).size > 1;
  byId("pair").append(...pairs.map((one) => make("option", { value: pairOf(one) }, `${one.source}–${one.target}${corpora ? ` (${one.corpus})` : ""}`)));
  byId("pair").addEventListener("change", choosePair);
  byId("kind").addEventListener("change", chooseKind);
  byId("which").addEventListener("change", showAll);
  byId("word").addEventListener("input", later(showAll));
  for (const id of ["layer", "map-layer"]) byId(id).addEventListener("input", (event) => chooseLayer(event.target.value));
  byId("map-of").addEventListener("change", showMap);
  for (const id of ["browse", "map-form"]) byId(id).addEventListener("submit", (event) => event.preventDefault());
  startMap();
  new IntersectionObserver((entries, watcher) => {
    if (entries.some((entry) => entry.isIntersecting)) { watcher.disconnect(); choosePair(); }
  }, { rootMargin: "600px" }).observe(byId("concepts"));
}
