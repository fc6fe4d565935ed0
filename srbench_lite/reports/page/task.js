// The page of a task: its truth, points and curves, and the formulas that methods found. These are packed, and unpacked
// when the first task is opened.

const unpacked = async () => {
  const bytes = Uint8Array.from(atob(byId("details").textContent), (sign) => sign.charCodeAt(0));
  return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
};
let unpacking = null;
const details = () => (unpacking ??= unpacked());

const typeset = (math, text) => {
  const place = element("span");
  if (math) place.innerHTML = math; // made by srbench from a parsed formula, every name escaped
  else place.textContent = text ?? missing;
  return place;
};

let opened = [];

table("formulas", [
  { key: "method", title: "method", kind: "text", text: (g) => named(g.method) },
  { key: "noise", title: "noise", text: (g) => noise(g.noise), least: true },
  { key: "perturbation", title: "perturbation", kind: "text", when: () => perturbed },
  { key: "share", title: "recovered", value: (g) => (g.hits === null ? null : g.hits / g.n), text: (g) => (g.hits === null ? missing : `${g.hits} of ${g.n}`) },
  { key: "verdict", title: "verdict of the best", kind: "text", value: (g) => g.verdict ?? g.status, text: (g) => element("span", {
    class: ["exact", "recovered"].includes(g.verdict) ? "good" : g.status === "ok" ? null : "bad",
  }, [g.verdict ?? g.status, g.claim ? "(claim)" : "", g.odd].filter(Boolean).join(" ")) },
  { key: "nmse", title: "NMSE", text: (g) => error(g.nmse), least: true },
  { key: "size", title: "size", text: (g) => plain(g.size), least: true },
  { key: "seconds", title: "seconds", text: (g) => seconds(g.seconds), least: true },
  { key: "stopped", title: "stopped", kind: "text" },
  { key: "core", title: "core", text: (g) => percent(g.core) },
  { key: "text", title: "formula", kind: "formula", value: (g) => g.text ?? null, text: (g) => typeset(g.math, g.text ?? g.reason) },
  { key: "truth", title: "truth of the run", kind: "formula", value: (g) => g.truth ?? null, text: (g) => (g.truth ? typeset(g.truth_math, g.truth) : ""), when: () => perturbed },
], { rows: () => opened });

const curves = (task) => {
  const rows = [];
  for (const [name, values] of Object.entries(task.curves ?? {})) {
    values.forEach((y, k) => {
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

const openTask = async (name) => {
  const { tasks: known, formulas } = await details();
  const task = known[name];
  byId("overview").hidden = task !== undefined;
  byId("task").hidden = task === undefined;
  if (task === undefined) return;
  byId("back").href = address();
  byId("task-name").textContent = name;
  byId("task-truth").replaceChildren("truth: ", typeset(task.math, task.truth ?? "not known"));
  opened = content.groups.flatMap((group, place) => (group.task === name ? [{ ...group, ...formulas[place] }] : []));
  tables.formulas.fill();
  const there = task.x !== undefined;
  byId("task-caption").firstChild.textContent = there ? `${task.variable
    ? `over ${task.variable}: training points, truth (grey band) and formulas` : "formulas against the truth"}, noise ${
    noise(task.noise)}` : task.note
    ?? "The points of this task are not in this report: it is not installed, or its definition has changed.";
  scrollTo(0, 0);
  byId("task-name").focus();
  byId("task-chart").hidden = !there;
  if (drawing && there) await embed("task-chart", task.variable ? "curves" : "against", curves(task));
};
