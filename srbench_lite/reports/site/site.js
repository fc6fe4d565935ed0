"use strict";
// The pages say everything without scripts. With them, tables are sorted by a press on a heading, and filtered by a word.
const number = (text) => {
  const found = /^\s*-?[0-9][0-9,]*\.?[0-9]*(e[-+]?[0-9]+)?/i.exec(text.replace(/^R² /, "").replace(/−/g, "-"));
  return found ? Number(found[0].replace(/,/g, "")) : null;
};

const sortable = (table) => {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    const press = document.createElement("button");
    press.type = "button";
    press.textContent = "↕";
    press.setAttribute("aria-label", `sort by ${head.textContent}`);
    head.append(" ", press);
    press.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending" && !head.classList.contains("text")
        || head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[place].textContent;
      const compared = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (head.classList.contains("text")) return x.localeCompare(y, undefined, { numeric: true }) * (down ? -1 : 1);
        const [m, n] = [number(x), number(y)];
        if (m === null || n === null) return (m === null) - (n === null); // what is missing comes last, whichever way
        return (m - n) * (down ? -1 : 1);
      };
      body.append(...[...body.rows].sort(compared));
    });
  });
};

for (const table of document.querySelectorAll("table")) if (table.tBodies[0]?.rows.length > 1) sortable(table);
for (const field of document.querySelectorAll("input[data-filters]")) {
  field.closest(".needs-script").hidden = false;
  const body = document.getElementById(field.dataset.filters).tBodies[0];
  field.addEventListener("input", () => {
    const sought = field.value.trim().toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(sought);
  });
}
document.documentElement.dataset.drawn = "yes";
