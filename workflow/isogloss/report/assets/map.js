"use strict";

const view = { x: 0, y: 0, zoom: 1, points: [], drawn: [], near: null };
const SIDES = ["source", "target"];

async function showMap() {
  const file = ofPair().find((one) => one.cards === byId("map-of").value);
  if (!file) return;
  const sides = (await cardsOf(file))[browse.layer] ?? { source: [], target: [] };
  if (file.cards !== byId("map-of").value) return;
  view.file = file;
  view.points = SIDES.flatMap((side) => sides[side].map((card) => ({ side, card, x: card.x, y: card.y, label: short(card.words[0]?.[0] ?? "") })));
  const of_target = new Map(view.points.filter((one) => one.side === "target").map((one) => [one.card.cluster, one]));
  for (const point of view.points) if (point.card.aligned) point.partner = of_target.get(point.card.targets[0]);
  say();
  paint();
}

/** Say in words what the map shows. */
function say() {
  const { points, file } = view;
  let mixed = 0;
  for (const one of points) {
    let nearest = null, least = Infinity;
    for (const other of points) {
      const away = (one.x - other.x) ** 2 + (one.y - other.y) ** 2;
      if (other !== one && away < least) { least = away; nearest = other; }
    }
    mixed += nearest !== null && nearest.side !== one.side;
  }
  const [source, target] = SIDES.map((side) => points.filter((one) => one.side === side).length);
  const aligned = points.filter((one) => one.card.aligned).length;
  byId("map-said").textContent = points.length
    ? `Layer ${browse.layer}: ${source} concepts of ${file.source} (circles), ${target} of ${file.target} (squares); ${aligned} of ${source} are aligned; ${Math.round(100 * mixed / points.length)} % have a concept of the other language as their nearest neighbour on this map.`
    : `Layer ${browse.layer} was not measured in this checkpoint.`;
}

function place(point) {
  const canvas = byId("canvas"), size = Math.min(canvas.clientWidth, canvas.clientHeight) / 2 - 16;
  return [canvas.clientWidth / 2 + (point.x - view.x) * view.zoom * size, canvas.clientHeight / 2 - (point.y - view.y) * view.zoom * size];
}

function paint() {
  if (view.waiting) return;
  view.waiting = requestAnimationFrame(() => { view.waiting = null; paintNow(); });
}

function paintNow() {
  const canvas = byId("canvas"), scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
  // Colours of the page as it stands, light or dark.
  const colour = Object.fromEntries(["source", "target", "ink", "paper"].map((name) => { probe.style.color = `var(--${name})`; return [name, getComputedStyle(probe).color]; }));
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (byId("lines").checked) {
    pen.strokeStyle = colour.ink;
    pen.globalAlpha = 0.25;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const point of view.points) if (point.partner) { pen.moveTo(...place(point)); pen.lineTo(...place(point.partner)); }
    pen.stroke();
  }
  const largest = Math.max(1, ...view.points.map((one) => one.card.tokens));
  view.drawn = [];
  for (const point of view.points) {
    const [x, y] = place(point);
    if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue;
    const radius = 2 + 5 * Math.sqrt(point.card.tokens / largest);
    pen.globalAlpha = point.card.aligned || point.side === "target" ? 0.85 : 0.45;
    pen.fillStyle = colour[point.side];
    pen.beginPath();
    if (point.side === "source") pen.arc(x, y, radius, 0, 7); else pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    pen.fill();
    view.drawn.push({ x, y, radius, point });
  }
  pen.globalAlpha = 1;
  paintLabels(pen, colour, style.fontFamily, width, height);
}

/** Label the largest concepts that have room; zooming in makes room for more. */
function paintLabels(pen, colour, family, width, height) {
  const taken = [], most = Math.min(250, Math.round(25 * view.zoom * (width / 700)));
  pen.font = `12px ${family}`;
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  for (const { x, y, radius, point } of [...view.drawn].sort((one, other) => other.point.card.tokens - one.point.card.tokens)) {
    if (taken.length >= most) break;
    if (x < 0 || y < 0 || x > width || y > height || !point.label) continue;
    const half = pen.measureText(point.label).width / 2 + 2;
    const box = [x - half, y - radius - 16, x + half, y - radius - 2];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    pen.strokeStyle = colour.paper;
    pen.fillStyle = colour[point.side];
    pen.strokeText(point.label, x, y - radius - 5);
    pen.fillText(point.label, x, y - radius - 5);
  }
}

function zoom(factor, at = null) {
  const canvas = byId("canvas"), size = Math.min(canvas.clientWidth, canvas.clientHeight) / 2 - 16;
  const [dx, dy] = at ? [at[0] - canvas.clientWidth / 2, canvas.clientHeight / 2 - at[1]] : [0, 0];
  const next = Math.min(40, Math.max(1, view.zoom * factor));
  view.x += dx / size * (1 / view.zoom - 1 / next);
  view.y += dy / size * (1 / view.zoom - 1 / next);
  view.zoom = next;
  paint();
}

function move(dx, dy) {
  const canvas = byId("canvas"), size = Math.min(canvas.clientWidth, canvas.clientHeight) / 2 - 16;
  view.x -= dx / size / view.zoom;
  view.y += dy / size / view.zoom;
  paint();
}

function whole() {
  Object.assign(view, { x: 0, y: 0, zoom: 1 });
  paint();
}

function nearest(x, y) {
  let found = null, least = 14 ** 2;
  for (const one of view.drawn) {
    const away = (one.x - x) ** 2 + (one.y - y) ** 2;
    if (away < least) { least = away; found = one; }
  }
  return found;
}

function showTip(found) {
  const tip = byId("map-tip");
  tip.hidden = !found;
  if (!found) return;
  const { card, side } = found.point, language = view.file[side];
  tip.replaceChildren(make("strong", { class: side }, `${language} concept ${card.cluster}`), make("br"),
    make("bdi", { lang: language, dir: direction(language) }, card.words.slice(0, 6).map(([word]) => short(word)).join(" ")));
  tip.style.left = `${Math.min(found.x + 10, byId("canvas").clientWidth - 220)}px`;
  tip.style.top = `${found.y + 12}px`;
}

const probe = make("span", { hidden: "" });

function startMap() {
  const canvas = byId("canvas"), fingers = new Map();
  document.body.append(probe);
  let dragged = 0;
  const at = (event) => [event.offsetX, event.offsetY];
  canvas.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, at(event)); canvas.setPointerCapture(event.pointerId); dragged = 0; });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId), now = at(event);
    if (!before) return showTip(nearest(...now));
    if (fingers.size === 1) move(now[0] - before[0], now[1] - before[1]);
    else {
      const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
      const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
      zoom(apart(now) / apart(before), other);
    }
    dragged += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    fingers.set(event.pointerId, now);
  });
  for (const event of ["pointerup", "pointercancel"]) canvas.addEventListener(event, (up) => fingers.delete(up.pointerId));
  canvas.addEventListener("click", (event) => {
    const found = dragged < 4 ? nearest(...at(event)) : null;
    if (!found) return;
    browse.columns[0].select.value = view.file.cards;
    follow(found.point.card.words[0][0]);
  });
  canvas.addEventListener("pointerleave", () => showTip(null));
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400), at(event)); }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    if (moves[event.key]) move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
    else if (event.key === "0") whole();
    else return;
    event.preventDefault();
  });
  byId("zoom-in").addEventListener("click", () => zoom(1.5));
  byId("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
  byId("zoom-reset").addEventListener("click", whole);
  byId("lines").addEventListener("change", paint);
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}
