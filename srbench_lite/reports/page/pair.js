// Two methods against each other, task by task.

const pairNames = () => {
  const shown = content.methods.filter((method) => state.methods.has(method));
  const rows = one(content.rows).length ? one(content.rows) : content.rows; // the best first
  const best = rows.map((row) => row.method).filter((name) => shown.includes(name));
  const ordered = [...new Set([...best, ...shown])];
  const first = state.more.get("pair.first");
  const second = state.more.get("pair.second");
  const a = content.methods.includes(first) ? first : ordered[0];
  const b = content.methods.includes(second) && second !== a ? second : ordered.find((name) => name !== a);
  return [a, b];
};

// More often recovered is better; without a truth, a smaller error by more than a tenth.
const verdict = (a, b) => {
  if (a.hits === null || b.hits === null) {
    const [x, y] = [a, b].map((group) => Math.max(group.nmse ?? 100, 1e-16));
    return x < 0.9 * y ? "only the first" : y < 0.9 * x ? "only the second" : "both";
  }
  const [x, y] = [a.hits / a.n, b.hits / b.n];
  return x > y ? "only the first" : y > x ? "only the second" : x > 0 ? "both" : "neither";
};

const pairRows = () => {
  const [a, b] = pairNames();
  if (b === undefined) return [];
  const own = content.groups.filter((group) => fitsLevel(group) && (state.suite === ALL || suiteOf(group.task) === state.suite));
  const cell = (group) => JSON.stringify([group.task, group.noise, group.perturbation]);
  const others = new Map(own.filter((group) => group.method === b).map((group) => [cell(group), group]));
  return own.filter((group) => group.method === a && others.has(cell(group))).map((group) => {
    const other = others.get(cell(group));
    return {
      task: group.task, noise: group.noise, perturbation: group.perturbation, outcome: verdict(group, other),
      hits: group.hits, runs: group.n, otherHits: other.hits, otherRuns: other.n, nmse: group.nmse, otherNmse: other.nmse,
      seconds: group.seconds, otherSeconds: other.seconds,
    };
  });
};

const times = (hits, runs) => (hits === null ? missing : `${hits} of ${runs}`);
const words = () => {
  const [a, b] = pairNames();
  const [better, alike] = truths ? ["more often", "as often"] : ["is nearer", "as near"];
  return [["only the first", `${a} ${better}`], ["only the second", `${b} ${better}`], ["both", alike], ["the first", a], ["the second", b]];
};
const said = (text) => words().reduce((done, [old, now]) => (done === old ? now : done), text);

table("pair-tasks", [
  { key: "task", title: "task", kind: "text", text: (r) => element("a", { href: address(r.task) }, r.task) },
  { key: "outcome", title: truths ? "recovered" : "nearer", kind: "text", value: (r) => said(r.outcome) },
  { key: "hits", title: () => pairNames()[0], text: (r) => times(r.hits, r.runs), when: () => truths },
  { key: "otherHits", title: () => pairNames()[1], text: (r) => times(r.otherHits, r.otherRuns), when: () => truths },
  { key: "nmse", title: () => `NMSE, ${pairNames()[0]}`, text: (r) => error(r.nmse), least: true },
  { key: "otherNmse", title: () => `NMSE, ${pairNames()[1]}`, text: (r) => error(r.otherNmse), least: true },
  { key: "seconds", title: () => `seconds, ${pairNames()[0]}`, text: (r) => seconds(r.seconds), least: true },
  { key: "otherSeconds", title: () => `seconds, ${pairNames()[1]}`, text: (r) => seconds(r.otherSeconds), least: true },
  { key: "noise", title: "noise", text: (r) => noise(r.noise), least: true, when: () => content.noises.length > 1 },
  { key: "perturbation", title: "perturbation", kind: "text", when: () => perturbed },
], { rows: () => pairRows().filter((row) => row.outcome.startsWith("only")), first: () => "outcome", down: false, most: 300,
  empty: "The two differ on no task.", find: "part of a name" });

// What the standings over all suites say of the two.
const duelSaid = (a, b) => atLevel(content.overall).map((one) => {
  const [i, j] = [a, b].map((name) => one.lines.findIndex((line) => line.method === name));
  const duel = i < 0 || j < 0 ? null : one.duels[i][j];
  if (duel === null) return "";
  const [, , , difference, low, high, p] = duel;
  const unit = one.metric === "recovery" ? "points" : "digits of accuracy";
  return ` Over all suites at ${how(one)} ${a} has ${signed(one.metric, difference)} ${unit} (95 %: ${signed(one.metric, low)} to ${
    signed(one.metric, high)}; ${pValue(p)}, Holm).`;
}).join("");

const pair = async () => {
  const [a, b] = pairNames();
  byId("pair-part").hidden = b === undefined;
  if (b === undefined) return;
  for (const [id, name] of [["pair-first", a], ["pair-second", b]]) byId(id).value = name;
  const rows = pairRows();
  const count = (outcome) => rows.filter((row) => row.outcome === outcome).length;
  byId("pair-said").textContent = !rows.length ? `${a} and ${b} share no task here.` : truths
    ? `Of ${counted(rows.length, "task")} that both tried, ${a} recovered ${count("only the first")} more often than ${b}, ${b} ${
      count("only the second")} more often than ${a}; as often ${count("both")}, never either ${count("neither")}.`
    : `Of ${counted(rows.length, "task")} that both tried, ${a} is nearer on ${count("only the first")}, ${b} on ${count("only the second")}; as near on ${count("both")}.`;
  byId("pair-said").textContent += state.suite === ALL || !several ? duelSaid(a, b) : "";
  tables["pair-tasks"].fill();
  if (!drawing) return;
  const bounded = (nmse) => Math.min(100, Math.max(nmse ?? 100, 1e-16));
  const points = rows.map((row) => ({
    task: row.task, noise: row.noise, outcome: row.outcome, first: bounded(row.nmse), second: bounded(row.otherNmse), line: false,
  }));
  const ends = points.flatMap((row) => [row.first, row.second]);
  const diagonal = [Math.min(...ends), Math.max(...ends)].map((end) => ({ first: end, second: end, line: true }));
  caption("pair", `Error of the best run on each task, ${a} across, ${b} upward: above the dashed line ${a} is nearer. Errors below 1e-16 are rounding; a missing formula has the error 100.`);
  await embed("pair", "pair", points.length ? [...points, ...diagonal].map((row) => (row.outcome ? { ...row, outcome: said(row.outcome) } : row)) : [], {
    words: words(), data: rows.map((row) => ({ ...row, outcome: said(row.outcome) })),
  });
};
