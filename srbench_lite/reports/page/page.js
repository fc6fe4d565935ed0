// The controls, and which of the two pages is open. The page without its charts stands before the drawing library is
// read; `report.draw` then fills the charts in.

const refresh = async () => {
  for (const id of ["suite", "noise", "perturbation"]) byId(id).value = state[id];
  byId("each").checked = Boolean(state.each);
  byId("each").parentElement.hidden = state.suite !== ALL || !several || !comparable();
  for (const box of document.querySelectorAll("#methods input")) box.checked = state.methods.has(box.value);
  overall();
  for (const id of ["board", "warnings", "tasks", "nobody", "costs"]) tables[id].fill();
  sayTwoMeans();
  failing();
  byId("warned").hidden = !content.warnings.some((w) => state.methods.has(w.method));
  await pair();
  await degrading();
  if (drawing) await drawHistories();
  await redraw();
};

const chosen = () => {
  keep();
  return refresh();
};

const route = () => {
  const task = readAddress();
  if (task !== null) return openTask(task);
  byId("overview").hidden = false;
  byId("task").hidden = true;
  return refresh();
};

const options = (id, values, title) => {
  const select = byId(id);
  if (title) select.append(element("option", { value: ALL }, title));
  select.append(...values.map((value) => element("option", { value }, String(value))));
  select.parentElement.hidden = values.length < 2;
  select.addEventListener("change", () => {
    state[id] = select.value;
    chosen();
  });
};

options("suite", content.suites, several && TOGETHER);
options("noise", content.noises, content.noises.length > 1 && "all levels");
options("perturbation", content.perturbations, "all");
byId("each").addEventListener("change", () => {
  state.each = byId("each").checked ? "1" : "";
  chosen();
});
for (const method of content.methods) {
  const box = element("input", { type: "checkbox", value: method });
  box.addEventListener("change", () => {
    if (box.checked) state.methods.add(method);
    else state.methods.delete(method);
    chosen();
  });
  byId("methods").append(element("label", {}, box, named(method)));
}
for (const [id, other] of [["pair-first", "pair-second"], ["pair-second", "pair-first"]]) {
  byId(id).append(...content.methods.map((method) => element("option", { value: method }, method)));
  byId(id).addEventListener("change", () => {
    const before = pairNames();
    if (byId(id).value === byId(other).value) byId(other).value = before[id === "pair-first" ? 0 : 1];
    for (const part of [id, other]) state.more.set(part.replace("-", "."), byId(part).value);
    keep();
    pair();
  });
}
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
byId("summary").textContent = content.summary;
byId("of-variants").textContent = content.of_variants;
byId("any-note").hidden = !anyJudged;
byId("truth-note").hidden = !truths;
byId("remarks").replaceChildren(...prose(content.remarks.join(" ")));
for (const [key, value] of Object.entries(content.provenance)) {
  byId("provenance").append(element("dt", {}, key), element("dd", {}, value));
}
byId("commands").textContent = content.commands.join("\n");
byId("commands-part").hidden = !content.commands.length;
byId("study").textContent = content.study;
byId("study-file").href = URL.createObjectURL(new Blob([content.study], { type: "text/plain" }));
byId("study-copy").addEventListener("click", () => {
  getSelection().selectAllChildren(byId("study"));
  document.execCommand("copy"); // a page that is opened as a file has no other clipboard in some browsers
});
if (content.left_out) {
  byId("tasks-note").textContent = `${counted(content.left_out, "task")} of these runs ${content.left_out === 1 ? "is" : "are"} not listed; srbench show TASK prints them.`;
}
showVariants();
addEventListener("hashchange", route);
route();

return {
  draw: async () => {
    drawing = true;
    await route();
    document.documentElement.dataset.drawn = "yes";
  },
  csv: (id) => (tables[id] ? tables[id].csv() : csvText(drawn[id].data)),
};
