// The leaderboard, tasks, warnings, and the charts of what is chosen.

// Where all suites are chosen, lines are about all of them together: of the methods that ran on every task. Where these
// are fewer than two, there are lines of each suite, too.
const comparable = () => [...Map.groupBy(content.rows.filter((row) => row.suite === TOGETHER && fitsLevel(row)),
  (row) => `${row.noise} ${row.perturbation}`).values()].some((rows) => rows.length > 1);
const boardRows = () => {
  const own = content.rows.filter((row) => fitsLevel(row) && state.methods.has(row.method));
  if (state.suite !== ALL) return own.filter((row) => row.suite === state.suite);
  const together = own.filter((row) => row.suite === TOGETHER);
  return state.each || !comparable() ? [...together, ...own.filter((row) => row.suite !== TOGETHER)] : together;
};

const onlyTogether = () => several && boardRows().every((row) => row.suite === TOGETHER);
// What a method has over suites that weigh the same, as the matrix shows it.
const overallOf = (row) => (row.suite !== TOGETHER ? null : content.overall.find((one) => one.metric === "recovery"
  && one.noise === row.noise && one.perturbation === row.perturbation)?.lines.find((line) => line.method === row.method)?.value ?? null);
const anyOverall = () => onlyTogether() && boardRows().some((row) => overallOf(row) !== null);
// Rows of one suite and level are ranked; rows of several stand suite by suite, each ranked.
const oneScope = () => new Set(boardRows().map((row) => JSON.stringify([row.suite, row.noise, row.perturbation]))).size < 2;

// Why the leaderboard and the matrix do not show the same number.
const sayTwoMeans = () => {
  const row = boardRows().find((one) => overallOf(one) !== null && one.recovery !== null);
  byId("two-means").hidden = row === undefined;
  if (row) {
    byId("two-means").textContent = `Overall, suites weigh the same, as in the matrix above; of formulas, every formula does, so that a large suite counts more: ${
      row.method} has ${percent(overallOf(row))} overall, and ${percent(row.recovery)} of the formulas. `;
  }
};

const anyJudged = content.rows.some((row) => row.any !== null);

table("board", [
  { key: "method", title: "method", kind: "text", text: (r) => named(r.method) },
  { key: "suite", title: "suite", kind: "text", when: () => several && !onlyTogether() },
  { key: "noise", title: "noise", text: (r) => noise(r.noise), least: true, when: () => content.noises.length > 1 },
  { key: "perturbation", title: "perturbation", kind: "text", when: () => perturbed },
  { key: "overall", title: "overall", tip: "Share recovered where suites weigh the same, as in the matrix above", value: overallOf,
    text: (r) => percent(overallOf(r)), when: anyOverall },
  { key: "recovery", when: () => truths, title: () => (onlyTogether() ? "of formulas [95 %]" : "recovery [95 %]"), tip: "Share of runs whose formula is the truth, with its 95 % interval",
    text: (r) => (r.recovery === null ? missing
      : `${percent(r.recovery)}${r.claims ? "*" : ""} [${Math.round(100 * r.low)}, ${Math.round(100 * r.high)}]`) },
  { key: "any", title: "any", text: (r) => percent(r.any), when: () => anyJudged },
  { key: "nmse", title: "NMSE", text: (r) => error(r.nmse), least: true, tip: "Median error on noise-free test points" },
  { key: "r2", title: "R²", text: (r) => r2(r.r2) },
  { key: "complexity", title: truths ? "size / truth" : "size", text: (r) => (truths ? `${plain(r.complexity)} / ${plain(r.truth)}` : plain(r.complexity)), least: true },
  { key: "seconds", title: "seconds", text: (r) => seconds(r.seconds), least: true },
  { key: "cpu", title: "CPU", text: (r) => seconds(r.cpu), least: true, tip: "Median CPU seconds of a fit" },
  { key: "memory", title: "MiB", text: (r) => (r.memory === null ? missing : r.memory.toFixed(0)), least: true, tip: "Median peak memory of a fit" },
  { key: "clock", title: "clock", text: (r) => String(r.clock), least: true, tip: "Runs whose search the clock ended",
    when: () => content.rows.some((r) => r.clock) },
  { key: "core", title: "core", text: (r) => `${percent(r.core)}${r.busy ? "!" : ""}`, tip: "Share of a core that the fits got" },
  { key: "failures", title: "not ok", text: (r) => (r.odd ? `${r.failures}, ${r.odd}` : String(r.failures)), least: true },
  { key: "tasks", title: "tasks" },
  { key: "runs", title: "runs" },
], { rows: boardRows, first: () => (!oneScope() ? null : anyOverall() ? "overall" : truths ? "recovery" : "nmse"), down: truths, most: 200, find: "method or suite" });

table("warnings", [
  { key: "method", title: "method", kind: "text", text: (w) => named(w.method) },
  { key: "count", title: "warnings" },
  { key: "runs", title: "in runs", text: (w) => `${w.runs} of ${w.of}` },
  { key: "categories", title: "most often", kind: "text" },
  { key: "text", title: "commonest text", kind: "formula", value: (w) => w.text ?? "not in this store" },
], { rows: () => content.warnings.filter((w) => state.methods.has(w.method)), first: () => "method", down: false });

const suiteOf = (task) => task.split("/")[0];
const shownGroups = () => content.groups.filter((group) => fits({ ...group, suite: suiteOf(group.task) }));

const taskRows = () => {
  const own = new Map();
  for (const group of shownGroups()) {
    const entry = own.get(group.task)
      ?? { task: group.task, hits: null, runs: 0, share: null, nmse: null, by: new Set(), missed: new Set() };
    if (group.hits !== null) entry.hits = (entry.hits ?? 0) + group.hits;
    entry.runs += group.n;
    if (group.nmse !== null && (entry.nmse === null || group.nmse < entry.nmse)) entry.nmse = group.nmse;
    (group.hits ? entry.by : entry.missed).add(group.method);
    own.set(group.task, entry);
  }
  return [...own.values()].map((entry) => ({
    ...entry, share: entry.hits === null ? null : entry.hits / entry.runs, by: [...entry.by].join(", "),
    missed: [...entry.missed].filter((method) => !entry.by.has(method)).join(", "),
  }));
};

table("tasks", [
  { key: "task", title: "task", kind: "text", text: (t) => element("a", { href: address(t.task) }, t.task) },
  { key: "share", title: "recovered runs", text: (t) => (t.hits === null ? missing : `${t.hits} of ${t.runs}`), when: () => truths },
  { key: "nmse", title: "least NMSE", text: (t) => error(t.nmse), least: true },
  { key: "by", title: "recovered by", kind: "text wrap", text: (t) => t.by || missing, when: () => truths },
], { rows: taskRows, first: () => "task", down: false, most: 500, empty: "No task fits.", find: "part of a name" });

// --- charts ------------------------------------------------------------------------------------------------------

const alike = (a, b) => ["suite", "noise", "perturbation"].every((key) => a[key] === b[key]);
const how = (row) => `noise ${noise(row.noise)}${row.perturbation === "none" ? "" : `, ${row.perturbation}`}`;
// On how many tasks charts of all suites are, where these are not all.
const shared = (row) => {
  const own = row.suite === TOGETHER && content.shares.find((one) => one.noise === row.noise && one.perturbation === row.perturbation);
  return own && own.tasks < own.of ? `, the ${own.tasks} of ${own.of} tasks that ${own.methods} methods share` : "";
};
const where = (rows) => (rows.length ? `${rows[0].suite}, ${how(rows[0])}${shared(rows[0])}` : "");

// Charts of one suite, noise level and perturbation: all suites together where they are chosen and have rows, else the
// first that has.
const one = (rows) => {
  const own = rows.filter((row) => fitsLevel(row) && state.methods.has(row.method));
  const wanted = state.suite === ALL && several ? TOGETHER : state.suite;
  const first = own.find((row) => row.suite === wanted) ?? own.find(fits);
  return first === undefined ? [] : own.filter((row) => alike(row, first));
};

// Each method stands a little beside the others, so that its interval shows.
const apart = (rows) => {
  const marks = rows.map((row) => row.seconds);
  const names = content.methods.filter((method) => rows.some((row) => row.method === method));
  const step = 0.012 * Math.max(1, Math.log10(Math.max(...marks) / Math.min(...marks)));
  return rows.map((row) => ({
    ...row, x: row.seconds * 10 ** (step * (names.indexOf(row.method) - (names.length - 1) / 2)),
  }));
};

// Methods in the order of the leaderboard, the best first.
const ranked = () => [...new Set([...one(content.rows).map((row) => row.method), ...content.methods])];
const inOrder = (rows) => {
  const names = ranked();
  return [...rows].sort((a, b) => names.indexOf(a.method) - names.indexOf(b.method));
};

// Points that coincide stand in each other, the larger ones below, so that every mark shows.
const nested = (rows) => {
  const here = (row) => rows.filter((other) => other.complexity === row.complexity && Math.abs(Math.log10(other.nmse / row.nmse)) < 0.3);
  return rows.map((row) => ({ ...row, size: 110 * (here(row).length - here(row).indexOf(row)) ** 1.3 })).sort((a, b) => b.size - a.size);
};

// A curve of steps has its mark here and there, so that it is told apart without its colour.
const marked = (rows) => rows.map((row, k) => {
  const place = rows.slice(0, k).filter((before) => before.method === row.method).length;
  return { ...row, marked: place % 15 === 7 || rows[k + 1]?.method !== row.method };
});

const ERRORS_CUT = "Errors below 1e-16 are rounding.";

const redraw = async () => {
  if (!drawing || byId("overview").hidden) return;
  const front = one(content.front);
  caption("front", `${where(front)}: medians over tasks; the dashed line joins the methods that no other beats in both; marks of methods that coincide stand in each other. ${ERRORS_CUT}`);
  const curve = one(content.progress);
  const units = curve[0]?.suite === TOGETHER ? "formulas" : "tasks";
  caption("rates", `${curve[0]?.suite}, ${how(curve[0] ?? {})}: share of runs that had the truth after so many seconds, with 95 % intervals over ${units}; `
    + "points of methods stand a little apart.");
  caption("errors", `${curve[0]?.suite}, ${how(curve[0] ?? {})}: median over ${units} of the error after so many seconds; points of methods stand a little `
    + `apart. ${ERRORS_CUT}`);
  const time = one(content.time);
  const solved = time.some((row) => row.solved > 0);
  caption("time", `${where(time)}: share of runs that recovered the truth within a given time; the last mark stands at the time limit.`);
  const boxes = (measure) => inOrder(one(content.boxes.filter((row) => row.measure === measure)));
  for (const [measure, what] of [["nmse", "NMSE on test points of each task; a missing formula has the error 100"], ["seconds", "seconds of the fits on each task"]]) {
    const rows = boxes(measure);
    caption(`boxes-${measure}`, `${where(rows)}: ${what}. Box: quartiles; lines: 5 to 95 % of ${rows.length ? `${Math.max(...rows.map((row) => row.tasks))} ` : ""}tasks.`);
  }
  const diagram = one(content.ranks.map((row) => ({ ...row, method: content.methods.find((name) => state.methods.has(name)) })))[0];
  const pad = diagram ? 0.02 * Math.max(...diagram.means.map((m) => m.rank)) : 0; // methods of one rank have a bar, too
  const bars = diagram ? diagram.bars.map((bar) => ({
    low: bar.low - pad, high: bar.high + pad, row: diagram.means.length + bar.bar, method: null,
  })) : [];
  caption("means", diagram ? `${diagram.suite}, ${how(diagram)}, ${diagram.tasks} tasks that all of these ran on: mean ranks of the ${
    diagram.metric}; a grey bar joins methods of which no two differ (signed ranks, Holm)${
    diagram.p === null ? "" : `; Friedman ${pValue(diagram.p)}`}.` : "");
  const failed = content.failures.filter((row) => fits(row) && row.status !== "ok");
  const failures = inOrder([...Map.groupBy(failed, (row) => `${row.method}\n${row.status}`).values()].map((rows) => ({
    what: `${rows[0].method}, ${rows[0].status}`, method: rows[0].method, status: rows[0].status,
    runs: rows.reduce((sum, row) => sum + row.runs, 0),
  })).filter((row) => row.runs));
  const lines = (rows) => 26 * Math.max(2, rows.length);
  const without = (rows, name) => rows.map(({ [name]: gone, ...kept }) => kept);
  const rates = apart(curve.filter((row) => row.recovery !== null));
  const errors = apart(curve.filter((row) => row.nmse !== null));
  const noMarks = curve.length ? "no truth is known" : "these runs kept no progress";
  const boxRows = { nmse: boxes("nmse"), seconds: boxes("seconds") };
  await Promise.all([
    embed("front", "front", nested(front), { data: front }),
    embed("time", "time", solved ? marked(time) : [], { data: time, over: ["seconds"], why: time.length ? "no run recovered a truth" : "no truth is known" }),
    embed("rates", "rates", rates, { why: noMarks, data: without(rates, "x") }),
    embed("errors", "errors", errors, { why: noMarks, data: without(errors, "x") }),
    embed("boxes-nmse", "boxes-nmse", boxRows.nmse, { legend: false, height: lines(boxRows.nmse), over: ["low", "high"] }),
    embed("boxes-seconds", "boxes-seconds", boxRows.seconds, { legend: false, height: lines(boxRows.seconds), over: ["low", "high"] }),
    embed("means", "means", diagram ? [...diagram.means, ...bars] : [], {
      legend: false, height: diagram && 28 * (diagram.means.length + bars.length), why: "it needs two methods on the same tasks",
      data: diagram ? without(diagram.means, "row") : [],
    }),
    embed("failures", "failures", failures, { legend: false, height: lines(failures), data: without(failures, "what"), why: "every run ended ok" }),
  ]);
  sayLeftOut();
};
