"use strict";
// The page without its charts stands before the drawing library is read; `report.draw` then fills the charts in.
const report = (() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const ALL = "all";
  const byId = (id) => document.getElementById(id);
  const state = { suite: ALL, noise: ALL, perturbation: ALL, methods: new Set(content.methods), sort: "recovery", down: true };
  let drawing = false;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== null) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  // --- numbers as people read them -----------------------------------------------------------------------------

  const missing = "–";
  const percent = (x) => (x === null ? missing : x === 0 || x === 1 ? `${100 * x} %`
    : `${Math.min(99, Math.max(1, Math.round(100 * x)))} %`);
  const plain = (x) => (x === null ? missing : String(Number(x.toPrecision(4))));
  const error = (x) => (x === null ? missing : x === 0 ? "0" : x.toExponential(0));
  const r2 = (x) => (x === null ? missing : x < -99 ? x.toExponential(0) : x > 1 - 5e-7 ? "1.0000"
    : (Math.floor(x * 1e4) / 1e4).toFixed(4));
  const seconds = (x) => (x === null ? missing : x < 0.1 ? x.toFixed(3) : x < 10 ? x.toFixed(2) : x.toFixed(0));
  const noise = (x) => String(x);
  const perturbed = content.perturbations.some((text) => text !== "none");
  const perturbation = perturbed ? [["perturbation", "perturbation", (r) => r.perturbation, "text"]] : [];

  const anyJudged = content.rows.some((row) => row.any !== null);

  // --- tables --------------------------------------------------------------------------------------------------

  const BOARD = [
    ["method", "method", (r) => r.method, "text"],
    ["suite", "suite", (r) => r.suite, "text"],
    ["noise", "noise", (r) => noise(r.noise)],
    ...perturbation,
    ["tasks", "tasks", (r) => String(r.tasks)],
    ["runs", "runs", (r) => String(r.runs)],
    ["recovery", "recovery [95 %]", (r) => (r.recovery === null ? missing
      : `${percent(r.recovery)}${r.claims ? "*" : ""} [${Math.round(100 * r.low)}, ${Math.round(100 * r.high)}]`)],
    ...(anyJudged ? [["any", "any", (r) => percent(r.any)]] : []),
    ["r2", "R² test", (r) => r2(r.r2)],
    ["nmse", "NMSE test", (r) => error(r.nmse)],
    ["complexity", "size / truth", (r) => `${plain(r.complexity)} / ${plain(r.truth)}`],
    ["seconds", "seconds", (r) => seconds(r.seconds)],
    ["clock", "clock", (r) => String(r.clock)],
    ["core", "core", (r) => `${percent(r.core)}${r.busy ? "!" : ""}`],
    ["failures", "not ok", (r) => (r.odd ? `${r.failures}, ${r.odd}` : String(r.failures))],
  ];

  const compared = (one, other, key) => {
    const [a, b] = [one[key], other[key]];
    if (a === b) return 0;
    if (a === null) return 1; // what is missing comes last, whichever way
    if (b === null) return -1;
    return (a < b ? -1 : 1) * (state.down ? -1 : 1);
  };

  const head = (table, columns) => {
    const row = element("tr");
    for (const [key, title, , kind] of columns) {
      const button = element("button", { type: "button" }, title);
      const cell = element("th", { scope: "col", class: kind, "data-key": key }, button);
      if (table.id === "board") {
        button.addEventListener("click", () => {
          state.down = state.sort === key ? !state.down : kind !== "text";
          state.sort = key;
          board();
        });
      } else {
        cell.replaceChildren(title);
      }
      row.append(cell);
    }
    table.tHead.replaceChildren(row);
  };

  const fits = (row) => (state.suite === ALL || row.suite === state.suite)
    && (state.noise === ALL || row.noise === Number(state.noise))
    && (state.perturbation === ALL || row.perturbation === state.perturbation) && state.methods.has(row.method);

  const board = () => {
    const table = byId("board");
    for (const cell of table.tHead.rows[0].cells) {
      const here = cell.dataset.key === state.sort;
      cell.setAttribute("aria-sort", here ? (state.down ? "descending" : "ascending") : "none");
    }
    const rows = content.rows.filter(fits).sort((a, b) => compared(a, b, state.sort) || compared(a, b, "method"));
    table.tBodies[0].replaceChildren(...rows.map((r) => element("tr", {},
      ...BOARD.map(([, , text, kind]) => element("td", { class: kind }, text(r))))));
    if (!rows.length) table.tBodies[0].append(element("tr", {}, element("td", { class: "empty" }, "No row fits.")));
  };

  const WARNINGS = [
    ["method", "method", (w) => w.method, "text"],
    ["count", "warnings", (w) => String(w.count)],
    ["runs", "in runs", (w) => `${w.runs} of ${w.of}`],
    ["categories", "most often", (w) => w.categories, "text"],
    ["text", "commonest text", (w) => w.text ?? "not in this store", "formula"],
  ];

  const warnings = () => {
    const rows = content.warnings.filter((w) => state.methods.has(w.method));
    byId("warned").hidden = !rows.length;
    byId("warnings").tBodies[0].replaceChildren(...rows.map((w) => element("tr", {},
      ...WARNINGS.map(([, , text, kind]) => element("td", { class: kind }, text(w))))));
  };

  const tasks = () => {
    const sought = byId("tasks-search").value.trim().toLowerCase();
    const own = new Map();
    for (const group of content.groups) {
      const suite = group.task.split("/")[0];
      if (!fits({ ...group, suite }) || !group.task.toLowerCase().includes(sought)) continue;
      const entry = own.get(group.task) ?? { hits: 0, n: 0, methods: new Set(), judged: false };
      entry.judged ||= group.hits !== null;
      entry.hits += group.hits ?? 0;
      entry.n += group.n;
      if (group.hits) entry.methods.add(group.method);
      own.set(group.task, entry);
    }
    const rows = [...own].slice(0, 500).map(([name, entry]) => element("tr", {},
      element("td", {}, element("a", { href: `#task=${encodeURIComponent(name)}` }, name)),
      element("td", {}, entry.judged ? `${entry.hits} of ${entry.n}` : missing),
      element("td", { class: "text" }, [...entry.methods].join(", ") || missing)));
    byId("tasks").tBodies[0].replaceChildren(...rows);
    const notes = [];
    if (own.size > 500) notes.push(`The first 500 of ${own.size} tasks are listed; search for others.`);
    if (content.left_out) notes.push(`${content.left_out} tasks are not in this report; srbench show TASK prints them.`);
    if (!own.size) notes.push("No task fits.");
    byId("tasks-note").textContent = notes.join(" ");
  };

  // --- charts --------------------------------------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)");

  const config = () => {
    const style = getComputedStyle(document.documentElement);
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map((name) => style.getPropertyValue(name).trim());
    return {
      background: "transparent", font: "system-ui, sans-serif", view: { stroke: line },
      axis: { labelColor: soft, titleColor: soft, gridColor: line, domainColor: soft, tickColor: soft, titleFontWeight: 400 },
      legend: { labelColor: ink, titleColor: ink, labelLimit: 260 }, text: { color: ink }, title: { color: ink },
    };
  };

  // Every chart gives a method the same colour and shape, whichever methods it shows.
  const fixed = (node, names) => {
    if (Array.isArray(node)) return node.map((part) => fixed(part, names));
    if (node === null || typeof node !== "object") return node;
    const made = Object.fromEntries(Object.entries(node).map(([key, part]) => [key, fixed(part, names)]));
    if (made.field === "method" && made.scale?.range) {
      const range = names.map((name) => made.scale.range[content.methods.indexOf(name) % made.scale.range.length]);
      made.scale = { ...made.scale, domain: names, range };
    }
    return made;
  };

  const embed = async (id, name, rows, height) => {
    const place = byId(id);
    if (!rows.length) {
      place.replaceChildren(element("p", { class: "empty" }, "There is nothing to draw for this choice."));
      return;
    }
    const names = content.methods.filter((method) => rows.some((row) => row.method === method));
    const spec = { ...fixed(charts[name], names), datasets: { rows }, config: config() };
    if (height) spec.height = height;
    spec.autosize = { type: "fit-x", contains: "padding" };
    await vegaEmbed(place, spec, { actions: false, renderer: "svg", mode: "vega-lite" });
    const drawn = place.querySelector("svg");
    if (drawn) drawn.setAttribute("aria-label", place.closest("figure").querySelector("figcaption").textContent);
  };

  // Where all suites, noise levels or perturbations are chosen, charts of one show the first.
  const alike = (a, b) => ["suite", "noise", "perturbation"].every((key) => a[key] === b[key]);
  const one = (rows) => {
    const own = rows.filter(fits);
    const first = own[0];
    return first === undefined ? [] : own.filter((row) => alike(row, first));
  };
  const how = (row) => `noise ${noise(row.noise)}${row.perturbation === "none" ? "" : `, ${row.perturbation}`}`;
  const where = (rows) => (rows.length ? `${rows[0].suite}, ${how(rows[0])}` : "");

  const note = (id, text) => {
    const caption = byId(id).closest("figure").querySelector("figcaption small");
    if (caption) caption.textContent = text;
  };

  // What runs had found at their marks; each method stands a little beside the others, so that its interval shows.
  const atMarks = (first, every) => {
    const rows = [every, first?.suite].map((suite) => content.progress.filter((row) => alike(row, { ...first, suite })
      && state.methods.has(row.method))).find((some) => some.length) ?? [];
    const seconds = rows.map((row) => row.seconds);
    const names = content.methods.filter((method) => rows.some((row) => row.method === method));
    const step = 0.012 * Math.max(1, Math.log10(Math.max(...seconds) / Math.min(...seconds)));
    return rows.map((row) => ({
      ...row, x: row.seconds * 10 ** (step * (names.indexOf(row.method) - (names.length - 1) / 2)),
    }));
  };

  const redraw = async () => {
    if (!drawing || byId("overview").hidden) return;
    const [first] = content.rows.filter(fits);
    const suite = first?.suite;
    const recovery = content.rows.filter((row) => row.suite === suite && row.perturbation === first.perturbation
      && row.recovery !== null && state.methods.has(row.method));
    const what = !first || first.perturbation === "none" ? "" : `, ${first.perturbation}`;
    note("recovery", `${suite ?? ""}${what}: with 95 % intervals over tasks.`);
    const front = one(content.front);
    note("front", `${where(front)}: medians over tasks; the dashed line joins the methods that no other beats in both. Errors `
      + "below 1e-16 are rounding.");
    const every = state.suite === ALL && content.suites.length > 1 ? "all suites" : suite;
    const curve = atMarks(first, every);
    const units = curve[0]?.suite === "all suites" ? "formulas" : "tasks";
    note("rates", `${where(curve)}: share of runs that had the truth after so many seconds, with 95 % intervals over ${units}; `
      + "points of methods stand a little apart.");
    note("errors", `${where(curve)}: median over ${units} of the error after so many seconds; points of methods stand a little `
      + "apart. Errors below 1e-16 are rounding.");
    const time = one(content.time);
    note("time", `${where(time)}: share of runs that recovered the truth within a given time.`);
    const diagram = content.ranks.find((d) => alike(d, { ...first, suite: every }))
      ?? content.ranks.find((d) => alike(d, { ...first }));
    const pad = diagram ? 0.02 * Math.max(...diagram.means.map((m) => m.rank)) : 0; // methods of one rank have a bar, too
    const bars = diagram ? diagram.bars.map((bar) => ({
      low: bar.low - pad, high: bar.high + pad, row: diagram.means.length + bar.bar, method: null,
    })) : [];
    note("means", diagram ? `${diagram.suite}, ${how(diagram)}, ${diagram.tasks} tasks that all methods ran on: mean `
      + `ranks of the recovery rate; a grey bar joins methods of which no two differ (signed ranks, Holm)`
      + `${diagram.p === null ? "" : `; Friedman p = ${plain(diagram.p)}`}.` : "This chart needs two methods on the same tasks.");
    const failures = content.failures.filter((row) => fits(row) && row.status !== "ok");
    await Promise.all([
      embed("recovery", "recovery", recovery), embed("front", "front", front), embed("time", "time", time),
      embed("rates", "rates", curve.filter((row) => row.recovery !== null)),
      embed("errors", "errors", curve.filter((row) => row.nmse !== null)),
      embed("means", "means", diagram ? [...diagram.means, ...bars] : [], diagram && 32 * (diagram.means.length + bars.length)),
      embed("failures", "failures", failures, 30 * new Set(failures.map((row) => row.method)).size),
    ]);
  };

  // --- a task --------------------------------------------------------------------------------------------------

  const typeset = (math, text) => {
    const place = element("span");
    if (math) place.innerHTML = math; // made by srbench from a parsed formula, every name escaped
    else place.textContent = text ?? missing;
    return place;
  };

  const FORMULAS = [
    ["method", "method", (g) => g.method, "text"], ["noise", "noise", (g) => noise(g.noise)],
    ...perturbation,
    ["hits", "recovered", (g) => (g.hits === null ? missing : `${g.hits} of ${g.n}`)],
    ["verdict", "verdict of the best", (g) => element("span", {
      class: ["exact", "recovered"].includes(g.verdict) ? "good" : g.status === "ok" ? null : "bad",
    }, [g.verdict ?? g.status, g.claim ? "(claim)" : "", g.odd].filter(Boolean).join(" ")), "text"],
    ["nmse", "NMSE test", (g) => error(g.nmse)], ["size", "size", (g) => plain(g.size)],
    ["seconds", "seconds", (g) => seconds(g.seconds)], ["stopped", "stopped", (g) => g.stopped ?? missing, "text"],
    ["core", "core", (g) => percent(g.core)],
    ["math", "formula", (g) => typeset(g.math, g.text ?? g.reason), "formula"],
    ...(perturbed ? [["truth", "truth of the run", (g) => (g.truth ? typeset(g.truth_math, g.truth) : ""), "formula"]] : []),
  ];

  const curves = (task) => {
    const rows = [];
    const names = Object.keys(task.curves ?? {});
    for (const name of names) {
      task.curves[name].forEach((y, k) => {
        if (y !== null) rows.push(name === "truth" && task.variable
          ? { what: "truth", x: task.x[k], y } : { what: "formula", method: name, x: task.x[k], y });
      });
    }
    for (const [x, y] of task.points ?? []) rows.push({ what: "data", x, y });
    if (!task.variable && task.x) {
      for (const y of [Math.min(...task.x), Math.max(...task.x)]) rows.push({ what: "truth", x: y, y });
    }
    return rows;
  };

  const open = async (name) => {
    const task = content.tasks[name];
    byId("overview").hidden = task !== undefined;
    byId("task").hidden = task === undefined;
    if (task === undefined) return;
    byId("task-name").textContent = name;
    byId("task-truth").replaceChildren("truth: ", typeset(task.math, task.truth ?? "not known"));
    const own = content.groups.filter((group) => group.task === name);
    byId("formulas").tBodies[0].replaceChildren(...own.map((g) => element("tr", {},
      ...FORMULAS.map(([, , text, kind]) => element("td", { class: kind }, text(g))))));
    const there = task.x !== undefined;
    byId("task-caption").textContent = there ? `${task.variable
      ? `over ${task.variable}: training points, truth (grey band) and formulas` : "formulas against the truth"}, noise ${
      noise(task.noise)}` : task.note
      ?? "The points of this task are not in this report: it is not installed, or its definition has changed.";
    byId("task-chart").replaceChildren();
    scrollTo(0, 0);
    byId("task-name").focus();
    if (drawing && there) await embed("task-chart", task.variable ? "curves" : "against", curves(task));
  };

  const route = async () => {
    const match = /^#task=(.*)$/.exec(location.hash);
    if (match) return open(decodeURIComponent(match[1]));
    const back = byId("overview").hidden;
    byId("overview").hidden = false;
    byId("task").hidden = true;
    return back ? redraw() : undefined;
  };

  // --- the controls --------------------------------------------------------------------------------------------

  const options = (id, values, title) => {
    const select = byId(id);
    select.append(element("option", { value: ALL }, title), ...values.map((v) => element("option", { value: v }, String(v))));
    select.addEventListener("change", () => {
      state[id] = select.value;
      refresh();
    });
  };

  const refresh = () => {
    board();
    warnings();
    tasks();
    return redraw();
  };

  options("suite", content.suites, "all suites");
  options("noise", content.noises, "all levels");
  options("perturbation", content.perturbations, "all");
  byId("perturbation").parentElement.hidden = !perturbed;
  for (const method of content.methods) {
    const box = element("input", { type: "checkbox", checked: "" });
    box.addEventListener("change", () => {
      if (box.checked) state.methods.add(method);
      else state.methods.delete(method);
      refresh();
    });
    byId("methods").append(element("label", {}, box, method));
  }
  byId("tasks-search").addEventListener("input", tasks);
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  head(byId("board"), BOARD);
  head(byId("warnings"), WARNINGS);
  head(byId("tasks"), [["task", "task", null, "text"], ["hits", "recovered runs"], ["methods", "by", null, "text"]]);
  head(byId("formulas"), FORMULAS);
  byId("summary").textContent = content.summary;
  byId("any-note").hidden = !anyJudged;
  for (const id of ["rates", "errors"]) byId(id).closest("figure").hidden = !content.progress.length;
  byId("remarks").textContent = content.remarks.join(" ");
  for (const [key, value] of Object.entries(content.provenance)) {
    byId("provenance").append(element("dt", {}, key), element("dd", {}, value));
  }
  addEventListener("hashchange", route);
  dark.addEventListener("change", () => (location.hash.startsWith("#task=") ? route() : redraw()));
  board();
  warnings();
  tasks();
  route();

  return {
    draw: async () => {
      drawing = true;
      await (location.hash.startsWith("#task=") ? route() : redraw());
      document.documentElement.dataset.drawn = "yes";
    },
  };
})();
