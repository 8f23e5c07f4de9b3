// Mounts figures by name (?only=field,curves) and feeds them frames; ?bare without cards. `window.gallery` is the tests' hand.
import { decode } from "/static/js/frames.js";
import { spent } from "/static/js/loop.js";
import { create } from "/static/js/figures/index.js";

const all = {
  field: ["Field", "Point PointMove"], perceptron: ["Field", "Point PointMove Handle"], classes: ["Field", "Point PointSet"], regression: ["Field", "Point"],
  plane: ["Field", "PointMove Handle"], walks: ["Field", "Handle"], steps: ["Field", "Handle"],
  curves: ["Curves", ""], surface: ["Surface", "Point"], envelope: ["Surface", "Point"], matrix: ["Matrix", "Cell"], weights: ["Matrix", "Cell"], points: ["Points", ""], points3: ["Points", ""],
  histograms: ["Histograms", ""], bars: ["Bars", ""], forces: ["Bars", "Item"], series: ["Bars", "Item"], sketch: ["Curves", "Path"], graph: ["Graph", "Node"], images: ["Images", "Item"], filters: ["Images", ""], photo: ["Images", ""], network: ["Network", "Weight UnitAt"], deep: ["Network", "Weight"], wide: ["Network", "Weight"], huge: ["Network", "Weight"],
  equation: ["Equation", ""], table: ["Table", ""], text: ["Text", ""], choices: ["Points", ""],
};
const query = new URLSearchParams(location.search);
const names = query.get("only")?.split(",") ?? Object.keys(all);
const last = Number(query.get("step") ?? 17);
const log = [];
const figures = {};
window.gallery = { figures, log, spent, decode, load, play };

async function load(name, index) {
  return decode(await (await fetch(`/frames/${name}/${index}`)).arrayBuffer()).figure;
}

/** Show every frame of each in turn, `rate` a second, for `seconds`; gives the share of the time that the page was busy drawing. */
async function play(seconds, rate, of = names) {
  const buffers = {};
  for (const name of of) {
    buffers[name] = [];
    for (let i = 0; i < 24; i += 1) buffers[name].push(await (await fetch(`/frames/${name}/${i}`)).arrayBuffer());
  }
  const before = spent.ms;
  const start = performance.now();
  let decoding = 0;
  for (let i = 0; performance.now() - start < seconds * 1000; i += 1) {
    const at = performance.now();
    for (const name of of) {
      const k = i % 46;
      const figure = decode(buffers[name][k < 24 ? k : 46 - k]).figure;
      figure.step = i;
      figures[name].show(figure);
    }
    decoding += performance.now() - at;
    await new Promise((done) => setTimeout(done, Math.max(0, (i + 1) * (1000 / rate) - (performance.now() - start))));
  }
  const took = performance.now() - start;
  return { drawing: (spent.ms - before) / took, decoding: decoding / took };
}

async function mount() {
  const home = document.getElementById("gallery");
  const bare = query.has("bare");
  if (!bare) await import("/static/js/figures/frame.js");
  for (const name of names) {
    const [kind, touches] = all[name];
    const spec = { id: name, title: name[0].toUpperCase() + name.slice(1), kind, api: `/api/runs/gallery/views/${name}`, help: "What this picture shows, in one sentence.",
      touches: touches.split(" ").filter(Boolean).map((touch) => ({ touch, does: touch === "Point" || touch === "UnitAt" ? "probe" : touch === "PointSet" ? "reset" : "action", name: touch.toLowerCase() })) };
    const element = bare ? await create(kind) : document.createElement("figure-frame");
    element.spec = spec;
    element.id = name;
    element.classList.add("item", `item-${name}`);
    home.append(element);
    figures[name] = element;
    for (const type of ["touch", "build", "hover"]) element.addEventListener(type, (e) => log.push({ type, name, ...e.detail }));
    const from = kind === "Histograms" ? 0 : last;
    for (let i = from; i <= last; i += 1) {
      element.show(await load(name, i));
      if (from !== last) await new Promise(requestAnimationFrame);
    }
  }
  const drawn = (of) => { const it = of.figure?.canvas === undefined && of.canvas ? of : of.figure; return it && (!it.canvas || it.alt || of.getBoundingClientRect().top > innerHeight); };
  while (!Object.values(figures).every(drawn)) await new Promise(requestAnimationFrame);
  document.documentElement.dataset.ready = "yes";
}
mount();
