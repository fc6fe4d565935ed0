// What the page holds, what is chosen, and the address that says so.

const content = JSON.parse(document.getElementById("content").textContent);
const charts = JSON.parse(document.getElementById("charts").textContent);
const ALL = "all";
const TOGETHER = "all suites";
const byId = (id) => document.getElementById(id);

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};

// Text in which `what a shell reads` stands between backticks.
const prose = (text) => text.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part));

// --- numbers as people read them -------------------------------------------------------------------------------

const missing = "–";
const percent = (x) => (x === null ? missing : x === 0 || x === 1 ? `${100 * x} %`
  : `${Math.min(99, Math.max(1, Math.round(100 * x)))} %`);
const plain = (x) => (x === null ? missing : String(Number(x.toPrecision(4))));
const error = (x) => (x === null ? missing : x === 0 ? "0" : x.toExponential(0));
const r2 = (x) => (x === null ? missing : x < -99 ? x.toExponential(0) : x > 1 - 5e-7 ? "1.0000"
  : (Math.floor(x * 1e4) / 1e4).toFixed(4));
const seconds = (x) => (x === null ? missing : x < 0.1 ? x.toFixed(3) : x < 10 ? x.toFixed(2) : x.toFixed(0));
const pValue = (p) => (p < 1e-4 ? "p < 0.0001" : `p = ${Number(p.toPrecision(2))}`);
const noise = (x) => String(x);
const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

// --- what is chosen --------------------------------------------------------------------------------------------

const perturbed = content.perturbations.some((text) => text !== "none");
const truths = content.rows.some((row) => row.recovery !== null);
const several = content.suites.length > 1;

// Tables and the pair have their own entries: a table's is its order, a minus sign before it where the greatest is first.
const DEFAULTS = {
  suite: several ? ALL : content.suites[0], noise: content.noises.length > 1 ? ALL : String(content.noises[0]),
  perturbation: ALL, each: "",
};
const state = { ...DEFAULTS, methods: new Set(content.methods), more: new Map() };

const fitsLevel = (row) => (state.noise === ALL || row.noise === Number(state.noise))
  && (state.perturbation === ALL || row.perturbation === state.perturbation);
const fits = (row) => (state.suite === ALL || row.suite === state.suite) && fitsLevel(row)
  && state.methods.has(row.method);

// The address holds what differs from the page as it opens, so that a link shows what its sender saw.
const address = (task) => {
  const words = new URLSearchParams();
  if (task) words.set("task", task);
  for (const key of Object.keys(DEFAULTS)) if (state[key] !== DEFAULTS[key]) words.set(key, state[key]);
  for (const method of content.methods) if (!state.methods.has(method)) words.append("without", method);
  for (const [key, value] of state.more) if (value) words.set(key, value);
  return `#${words.toString().replaceAll("+", "%20")}`;
};

const readAddress = () => {
  const words = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
  const known = { suite: content.suites, noise: content.noises.map(String), perturbation: content.perturbations, each: ["1"] };
  for (const [key, value] of Object.entries(DEFAULTS)) {
    const given = words.get(key);
    state[key] = [ALL, ...known[key]].includes(given) ? given : value;
  }
  const without = new Set(words.getAll("without"));
  state.methods = new Set(content.methods.filter((method) => !without.has(method)));
  state.more.clear();
  for (const [key, value] of words) if (key.includes(".")) state.more.set(key, value);
  return words.get("task");
};

const keep = () => history.replaceState(null, "", address());

// --- files that are made here ----------------------------------------------------------------------------------

const csvText = (rows) => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))]
    .map((cells) => cells.map(cell).join(",")).join("\r\n").concat("\r\n");
};

// A link whose file is made when it is pressed: `rows` gives the rows then, or the text of the file.
const csvLink = (name, rows) => {
  const link = element("a", { class: "csv", href: "#", download: `${name}.csv`, title: "The data as a CSV file" }, "CSV");
  link.addEventListener("click", () => {
    if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
    const made = rows();
    link.href = URL.createObjectURL(new Blob([typeof made === "string" ? made : csvText(made)], { type: "text/csv" }));
  });
  return link;
};
