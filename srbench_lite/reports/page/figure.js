// Charts: each with its legend, its data as CSV, and a caption; one without rows is not there, and is named below.

const drawn = {};
let drawing = false;

const config = () => ({
  background: "transparent", font: "system-ui, sans-serif", view: { stroke: "var(--line)" },
  axis: {
    labelColor: "var(--soft)", titleColor: "var(--soft)", gridColor: "var(--line)", domainColor: "var(--soft)",
    tickColor: "var(--soft)", titleFontWeight: 400, labelLimit: 150, labelOverlap: "greedy", labelSeparation: 6,
    labelFontSize: 11, titleFontSize: 12,
  },
  legend: { labelColor: "var(--ink)", titleColor: "var(--ink)", labelLimit: 260, labelFontSize: 12 }, text: { color: "var(--ink)" },
  title: { color: "var(--ink)" },
});

const mark = (method) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of [["viewBox", "-1.2 -1.2 2.4 2.4"], ["class", "mark"], ["aria-hidden", "true"]]) made.setAttribute(key, value);
  path.setAttribute("d", content.looks[method][1]);
  path.setAttribute("fill", content.looks[method][0]);
  made.append(path);
  return made;
};

const named = (method) => element("span", { class: "method", title: method.length > 40 ? method : null }, mark(method), method);

// The labels of an axis that lie among the values of some fields; where none does, the ends of these.
const within = (labels, rows, fields) => {
  const values = rows.flatMap((row) => fields.map((field) => row[field]));
  const ends = [Math.min(...values), Math.max(...values)];
  const inside = labels.filter((label) => label >= ends[0] && label <= ends[1]);
  return inside.length ? inside : [...new Set(ends)];
};

// Every chart gives a method the same colour and shape, whichever methods it shows.
// `words` replaces texts in it, `labels` chooses those of an axis.
const fixed = (node, names, words, labels, channel = null) => {
  if (channel === "values") return labels(node);
  if (Array.isArray(node)) return node.map((part) => fixed(part, names, words, labels));
  if (typeof node === "string") return words.reduce((text, [old, said]) => text.replaceAll(old, () => said), node);
  if (node === null || typeof node !== "object") return node;
  const made = Object.fromEntries(Object.entries(node).map(([key, part]) => [key, fixed(part, names, words, labels, key)]));
  if (made.field === "method" && made.scale?.range) {
    made.scale = { ...made.scale, domain: names, range: names.map((name) => content.looks[name][channel === "shape" ? 1 : 0]) };
  }
  return made;
};

const caption = (id, text) => {
  const small = byId(id).closest("figure").querySelector("figcaption small");
  if (small) small.textContent = text.replaceAll(" %", "\u00a0%");
};

// Draws `rows` with the chart `name`; `data` are those of the CSV. `why` says why there is nothing to draw where there is
// nothing. A chart that writes the names of methods itself has no legend. `over` names fields that an axis with labels of its
// own is over.
const embed = async (id, name, rows, { height = null, over = [], why = "nothing fits the choice", data = rows, words = [], legend = true } = {}) => {
  const place = byId(id);
  const figure = place.closest("figure");
  figure.hidden = !rows.length;
  drawn[id] = { data, why: rows.length ? null : why, title: figure.querySelector("figcaption").firstChild.textContent.trim() };
  if (!rows.length) return;
  const names = content.methods.filter((method) => rows.some((row) => row.method === method));
  const spec = { ...fixed(charts[name], names, words, (labels) => (over.length ? within(labels, rows, over) : labels)), datasets: { rows }, config: config() };
  if (height) spec.height = height;
  spec.autosize = { type: "fit-x", contains: "padding" };
  if (!figure.querySelector(".csv")) {
    figure.querySelector("figcaption").append(csvLink(id, () => drawn[id].data));
  }
  figure.querySelector(".legend")?.remove();
  if (legend && names.length) place.after(element("div", { class: "legend" }, ...names.map(named)));
  await vegaEmbed(place, spec, { actions: false, renderer: "svg", mode: "vega-lite" });
  const svg = place.querySelector("svg");
  if (svg) svg.setAttribute("aria-label", figure.querySelector("figcaption").firstChild.textContent.trim());
};

// Says which charts are left out, and why.
const sayLeftOut = () => {
  const out = Object.entries(drawn).filter(([id, { why }]) => why && byId(id).closest(".charts")).map(([, { title, why }]) => `${title} (${why})`);
  byId("left-out").textContent = out.length ? `Not drawn: ${out.join("; ")}.` : "";
};
