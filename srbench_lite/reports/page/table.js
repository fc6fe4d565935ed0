// Tables that are sorted, searched and taken as CSV. A column is { key, title, text, value, kind }: `text` makes the cell,
// `value` what it is sorted by and what stands in the CSV; kind "text" is set left, "formula" may break. A title that may
// change is a function.

const tables = {};

const compared = (a, b, down) => {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1; // what is missing comes last, whichever way
  if (b === null || b === undefined) return -1;
  const order = typeof a === "string" && typeof b === "string" ? a.localeCompare(b, "en", { numeric: true }) : a < b ? -1 : 1;
  return down ? -order : order;
};

// Tables keep the order that rows come in where nothing else is said; `first` gives the column that this is an order by.
const table = (id, columns, { rows, first = () => null, down = true, most = Infinity, empty = "Nothing fits.", find = null }) => {
  const place = byId(id);
  const note = element("p", { class: "note", hidden: "" });
  const titleOf = (column) => (typeof column.title === "function" ? column.title() : column.title);
  const valueOf = (column, row) => (column.value ? column.value(row) : row[column.key]);
  const shownColumns = () => columns.filter((column) => !column.when || column.when());
  const order = () => {
    const text = state.more.get(`${id}.sort`);
    const key = text?.replace(/^-/, "");
    return columns.some((column) => column.key === key) ? { key, down: text.startsWith("-") } : { key: first(), down };
  };
  const sorted = () => {
    const { key, down: falls } = order();
    const column = columns.find((one) => one.key === key);
    const own = rows().map((row, number) => ({ row, number }));
    if (column) own.sort((a, b) => compared(valueOf(column, a.row), valueOf(column, b.row), falls) || a.number - b.number);
    const sought = (state.more.get(`${id}.find`) ?? "").trim().toLowerCase();
    const texts = columns.filter((one) => one.kind === "text");
    return own.map(({ row }) => row).filter((row) => !sought
      || texts.some((one) => String(valueOf(one, row) ?? "").toLowerCase().includes(sought)));
  };
  const asCsv = () => sorted().map((row) => Object.fromEntries(
    shownColumns().filter((one) => one.kind !== "formula" || one.value).map((one) => [one.key, valueOf(one, row)])));
  const fill = () => {
    const { key, down: falls } = order();
    const shown = shownColumns();
    place.tHead.replaceChildren(element("tr", {}, ...shown.map((column) => {
      const button = element("button", { type: "button", title: column.tip ?? `Sort by ${titleOf(column)}` }, titleOf(column));
      button.addEventListener("click", () => {
        const now = order();
        const next = now.key === column.key ? !now.down : !["text", "formula"].includes(column.kind) && !column.least;
        state.more.set(`${id}.sort`, `${next ? "-" : ""}${column.key}`);
        keep();
        fill();
        place.querySelector(`th[data-key="${CSS.escape(column.key)}"] button`).focus();
      });
      return element("th", { scope: "col", class: column.kind, "data-key": column.key,
        "aria-sort": column.key === key ? (falls ? "descending" : "ascending") : "none" }, button);
    })));
    const own = sorted();
    const some = own.slice(0, most);
    place.tBodies[0].replaceChildren(...some.map((row) => element("tr", {}, ...shown.map((column, number) => element(
      number ? "td" : "th", { class: column.kind, scope: number ? null : "row" }, column.text ? column.text(row)
        : String(valueOf(column, row) ?? missing))))));
    if (!own.length) place.tBodies[0].append(element("tr", {}, element("td", { class: "empty", colspan: shown.length }, empty)));
    note.hidden = own.length <= most;
    note.textContent = `The first ${most} of ${own.length} are listed; search for others, or take the CSV.`;
    if (tables[id].search) tables[id].search.value = state.more.get(`${id}.find`) ?? "";
  };
  const tools = element("div", { class: "tools" });
  let search = null;
  if (find) {
    search = element("input", { type: "search", placeholder: find, id: `${id}-search` });
    search.addEventListener("input", () => {
      state.more.set(`${id}.find`, search.value);
      keep();
      fill();
    });
    tools.append(element("label", {}, "Find ", search));
  }
  tools.append(csvLink(id, asCsv));
  place.closest(".wide").before(tools);
  place.closest(".wide").after(note);
  tables[id] = { fill, search, csv: () => csvText(asCsv()) };
  return tables[id];
};
