// Who is best over all suites: the answers at the top, the matrix with its ranks, and each method against each.

const digits = (x) => (x === null ? missing : x.toFixed(1).replace("-", "−"));
const amount = (metric, x) => (x === null ? missing : metric === "recovery" ? String(Math.round(100 * x)) : digits(x));
const signed = (metric, x) => (x > 0 ? "+" : x < 0 ? "−" : "±") + amount(metric, Math.abs(x));
const fromTo = (metric, low, high) => `${amount(metric, low)} to ${amount(metric, high)}`;

// The noise level and the perturbation that tables of one level show: those chosen, else the first.
const chosenLevel = () => content.overall.find((one) => fitsLevel(one)) ?? content.overall[0];
const atLevel = (rows) => {
  const level = chosenLevel();
  return rows.filter((one) => level && one.noise === level.noise && one.perturbation === level.perturbation);
};

const fitsLevelsBeside = (level) => content.overall.some((one) => fitsLevel(one) && (one.noise !== level.noise || one.perturbation !== level.perturbation));

const heat = (text, tip, share, more = "") => element("td", { class: `heat ${more}`, title: tip,
  style: share === null ? null : `--share: ${Math.max(0, Math.min(1, share))}` }, text);

// Heads of narrow columns are turned, where one of them is long.
const turned = (names) => (names.some((name) => name.length > 4) ? "suite" : null);

const matrixRows = (one) => {
  const row = (method, suite) => content.rows.find((r) => r.method === method && r.suite === suite
    && r.noise === one.noise && r.perturbation === one.perturbation);
  const ranked = one.lines.map((line) => ({ ...line, cells: line.cells.map(([value, low, high]) => ({ value, low, high })) }));
  const others = Object.keys(one.lacks).map((method) => ({ method, value: null, rank: null, lacks: one.lacks[method],
    cells: one.suites.map(({ name }) => {
      const own = one.metric === "recovery" ? row(method, name) : undefined;
      return { value: own?.recovery ?? null, low: own?.low ?? null, high: own?.high ?? null };
    }) }));
  return [...ranked, ...others].filter((line) => state.methods.has(line.method));
};

const matrixCsv = (one) => matrixRows(one).map((line) => ({
  method: line.method, rank: line.rank, overall: line.value, low: line.low, high: line.high, first_rank: line.ranks?.[0], last_rank: line.ranks?.[1],
  ...Object.fromEntries(one.suites.map(({ name }, k) => [name, line.cells[k].value])),
}));

const matrix = (one) => {
  const whole = one.suites.length > 1;
  const scale = one.metric === "recovery" ? 1 : 12; // digits of accuracy go from -2 to 12
  const upright = turned(one.suites.map(({ name }) => name));
  const head = element("tr", {}, element("th", { scope: "col" }, "method"), ...(whole ? one.suites : []).map(({ name, tasks }) => element("th", {
    scope: "col", class: upright, title: counted(tasks, "task") }, element("span", {}, name))),
  element("th", { scope: "col", class: "all" }, whole ? "overall " : `${one.suites[0].name} `, element("small", {}, "[95 %]")),
  element("th", { scope: "col", title: "1 is best; in brackets the ranks that may be true, at 95 %" }, "rank"));
  const body = matrixRows(one).map((line) => element("tr", {}, element("th", { scope: "row" }, named(line.method)),
    ...(whole ? line.cells : []).map(({ value, low, high }, k) => heat(amount(one.metric, value), value === null ? "did not run"
      : `${line.method} on ${one.suites[k].name}: ${amount(one.metric, value)} (95 %: ${fromTo(one.metric, low, high)}), ${
        counted(one.suites[k].tasks, "task")}`, value === null ? null : value / scale)),
    ...(line.value === null ? [element("td", { class: "all", colspan: 2 }, `lacks ${counted(line.lacks, "task")}`)] : [
      heat(element("span", {}, amount(one.metric, line.value), " ", element("small", {}, `[${fromTo(one.metric, line.low, line.high).replace(" to ", ", ")}]`)),
        null, line.value / scale, "all"),
      element("td", {}, line.ranks[0] === line.ranks[1] ? String(line.rank) : `${line.rank} [${line.ranks.join(", ")}]`),
    ])));
  return element("div", { class: "wide" }, element("table", { class: "matrix" }, element("thead", {}, head), element("tbody", {}, ...body)));
};

const duelTable = (one) => {
  const shown = one.lines.map((line, place) => ({ ...line, place })).filter((line) => state.methods.has(line.method));
  const unit = one.metric === "recovery" ? "points" : "digits";
  const upright = turned(shown.map(({ method }) => method));
  const head = element("tr", {}, element("th", { scope: "col" }, "row less column"), ...shown.map(({ method }) => element("th", {
    scope: "col", class: upright }, element("span", {}, method))));
  const body = shown.map((line) => element("tr", {}, element("th", { scope: "row" }, named(line.method)), ...shown.map((other) => {
    const duel = one.duels[line.place][other.place];
    if (duel === null) return element("td", { class: "heat" }, "");
    const [wins, losses, ties, difference, low, high, p] = duel;
    const sure = p <= 0.05 && (wins - losses) * difference > 0;
    return element("td", { class: `heat ${sure ? (difference > 0 ? "ahead" : "behind") : ""}`, title:
      `${line.method} against ${other.method}: ${signed(one.metric, difference)} ${unit} (95 %: ${signed(one.metric, low)} to ${
        signed(one.metric, high)}), better on ${wins} formulas, worse on ${losses}, as good on ${ties}; ${pValue(p)} (Holm)`,
      style: `--share: ${sure ? Math.min(1, 0.25 + Math.abs(difference) / (one.metric === "recovery" ? 1 : 12)) : 0}` }, signed(one.metric, difference));
  })));
  return element("div", { class: "wide" }, element("table", { class: "matrix" }, element("thead", {}, head), element("tbody", {}, ...body)));
};

const duelCsv = (one) => one.lines.flatMap((line, i) => one.lines.flatMap((other, j) => (one.duels[i][j] === null ? [] : [
  Object.fromEntries(["method", "other", "wins", "losses", "ties", "difference", "low", "high", "p"]
    .map((name, k) => [name, k < 2 ? [line.method, other.method][k] : one.duels[i][j][k - 2]]))])));

const overall = () => {
  const tables = atLevel(content.overall);
  byId("overall-part").hidden = !tables.length;
  const parts = tables.flatMap((one) => {
    const recovery = one.metric === "recovery";
    const what = recovery ? "recovered, in percent of the tasks of each suite"
      : "digits of accuracy on tasks without a truth (with 5 the squared error is 1e-5 of the variance)";
    const hidden = content.methods.length - state.methods.size;
    const note = [`${how(one)}: ${what}${one.suites.length > 1 ? "; overall, suites weigh the same and a formula counts once" : ""}.`,
      fitsLevelsBeside(one) ? "Other levels are chosen above." : "",      hidden ? `Ranks are among all methods, ${hidden === 1 ? "one of which is" : `${hidden} of which are`} hidden.` : ""].filter(Boolean).join(" ");
    const answers = (content.answers ?? []).filter((answer) => answer.noise === one.noise && answer.perturbation === one.perturbation
      && answer.metric === one.metric).flatMap((answer) => answer.sentences);
    return [
      element("p", { class: "verdict" }, one.verdict), ...answers.map((text) => element("p", { class: "answer" }, text)),
      element("div", { class: "narrow" }, element("div", { class: "tools" }, element("span", {}, note), csvLink(`overall-${one.metric}`, () => matrixCsv(one))),
        matrix(one)),
      element("p", { class: "note" }, ...prose(one.remarks.join(" "))),
      ...(one.duels.length > 1 ? [element("h3", {}, "Each against each"), element("div", { class: "narrow" }, element("div", { class: "tools" }, element("span", {},
        `Differences of the overall ${recovery ? "recovery, in points" : "accuracy, in digits"}; coloured where formulas won and lost differ by more than chance (signed ranks, Holm).`),
      csvLink(`each-${one.metric}`, () => duelCsv(one))), duelTable(one))] : []),
    ];
  });
  byId("overall").replaceChildren(...parts);
};
