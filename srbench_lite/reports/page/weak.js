// Where methods fail.

const weakness = () => atLevel(content.weak)[0];

const weakTable = () => weakness()?.breakdowns.find((one) => one.by === state.more.get("weak.by")) ?? weakness()?.breakdowns[0];

table("nobody", [
  { key: "task", title: "task", kind: "text", text: (t) => element("a", { href: address(t.task) }, t.task) },
  { key: "tried", title: "tried by", text: (t) => counted(t.tried, "method") },
  { key: "closest", title: "nearest", kind: "text", text: (t) => (t.closest === null ? missing : named(t.closest)) },
  { key: "nmse", title: "NMSE", text: (t) => error(t.nmse), least: true },
], { rows: () => (weakness()?.nobody ?? []).filter((one) => state.suite === ALL || suiteOf(one.task) === state.suite),
  first: () => "nmse", down: false, most: 25, empty: "None fits.", find: "part of a name" });

const failing = () => {
  const one = weakTable();
  byId("weak-part").hidden = !one;
  if (!one) return;
  const shown = weakness().breakdowns;
  byId("weak-unread").hidden = !weakness().unread;
  byId("weak-unread").replaceChildren(...prose(`How runs missed is left out: ${counted(weakness().unread, "formula")
    } would have to be looked at, which takes long. \`srbench breakdown --by miss\` does it.`));
  byId("weak-by").replaceChildren(...shown.map(({ by, title }) => element("option", { value: by }, title)));
  byId("weak-by").value = one.by;
  byId("weak-note").textContent = `${how(weakness())}, ${several ? "all suites" : content.suites[0]}: ${one.by === "miss"
    ? "how runs ended, in percent" : `recovered by ${one.title}, in percent of the tasks of each kind`}, averaged over formulas.${
    one.overlapping ? " A task may be of several kinds." : ""}${new Set(Object.values(one.total).map((rate) => rate[3])).size > 1
    ? " Methods ran on different tasks here: a line says where a method fails, a column does not compare methods." : ""} ${one.remarks.join(" ")}`;
  const cells = new Map(one.cells.map(([level, method, ...rate]) => [JSON.stringify([level, method]), rate]));
  const head = element("tr", {}, element("th", { scope: "col" }, "method"), ...one.levels.map((level) => element("th", {
    scope: "col", class: turned(one.levels) }, element("span", {}, level))), element("th", { scope: "col", class: "all" },
    one.by === "miss" ? "recovered" : "all"));
  const cell = (rate, tip, more) => (rate === undefined ? element("td", { class: "heat" }, missing) : heat(amount("recovery", rate[0]),
    `${tip}: ${percent(rate[0])} (95 %: ${fromTo("recovery", rate[1], rate[2])}) of ${counted(rate[3], "task")}`, rate[0], more));
  const methods = one.methods.filter((method) => state.methods.has(method));
  byId("weak").tHead.replaceChildren(head);
  byId("weak").tBodies[0].replaceChildren(...methods.map((method) => element("tr", {}, element("th", { scope: "row" }, named(method)),
    ...one.levels.map((level) => cell(cells.get(JSON.stringify([level, method])), `${method}, ${one.title} ${level}`)),
    cell(one.total[method], `${method}, all`, "all"))));
  const own = weakness();
  byId("nobody-part").hidden = !own.nobody_in_all;
  byId("nobody-note").textContent = own.nobody_in_all
    ? `${counted(own.nobody_in_all, "task")} of ${several ? "all suites" : content.suites[0]}.${own.nobody_in_all > own.nobody.length
      ? ` The first ${own.nobody.length} are here.` : ""}` : "Some method recovered every task.";
  const inSuite = (task) => state.suite === ALL || suiteOf(task) === state.suite;
  byId("only").replaceChildren(...Object.entries(own.only).map(([method, tasks]) => [method, tasks.filter(inSuite)])
    .filter(([method, tasks]) => tasks.length && state.methods.has(method)).flatMap(([method, tasks]) => [
      element("h3", {}, "Only ", named(method), ` recovered ${tasks.length === 1 ? "this one" : `these ${tasks.length}`}`),
      element("p", { class: "listed" }, ...tasks.flatMap((task, k) => [k ? ", " : "", element("a", { href: address(task) }, task)])),
    ]));
};

byId("weak").closest(".wide").before(element("div", { class: "tools" }, csvLink("weak", () => (weakTable()?.cells ?? []).map(
  ([level, method, rate, low, high, tasks]) => ({ by: weakTable().by, level, method, rate, low, high, tasks })))));

byId("weak-by").addEventListener("change", () => {
  state.more.set("weak.by", byId("weak-by").value);
  keep();
  failing();
});
