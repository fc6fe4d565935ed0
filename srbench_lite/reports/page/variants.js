// What each part of a method brings, and methods over their versions: tables as the commands print them.

const printedTable = ({ heads, left, rows }) => {
  const kind = (place) => (left[place] ? "text" : null);
  return element("div", { class: "wide" }, element("table", {},
    element("thead", {}, element("tr", {}, ...heads.map((head, place) => element("th", { scope: "col", class: kind(place) }, head)))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((text, place) => element(place ? "td" : "th", {
      class: `${kind(place) ?? ""} ${place ? "" : "variant"}`, scope: place ? null : "row" }, text)))))));
};

const printed = (one, name) => (one.why ? [element("h3", {}, one.method), element("p", {}, ...prose(`No table: ${one.why}.`))] : [
  element("h3", {}, one.method),
  element("div", { class: "narrow" }, element("div", { class: "tools" }, element("span", {}, one.caption), csvLink(`${name}-${one.method}`, () => one.csv)),
    printedTable(one), ...one.notes.map((text) => element("p", { class: "note" }, ...prose(text)))),
]);

// A curve has a figure of its own: over two versions and more.
const historyFigures = content.histories.filter(({ points }) => points?.length > 1).map((one, place) => ({ ...one, id: `history-${place}` }));

const showVariants = () => {
  byId("ablations-part").hidden = !content.ablations.length;
  byId("histories-part").hidden = !content.histories.length;
  byId("ablations").replaceChildren(...content.ablations.flatMap((one) => printed(one, "ablation")));
  byId("histories").replaceChildren(...content.histories.flatMap((one) => printed(one, "history")));
  byId("history-charts").replaceChildren(...historyFigures.map(({ id, method }) => element("figure", {}, element("figcaption", {},
    `Recovery of ${method} over its versions `, element("small", {}, "Share of the tasks that all versions ran on, with 95 % intervals.")),
  element("div", { class: "chart", id }))));
};

const drawHistories = () => Promise.all(historyFigures.map(({ id, points }) => embed(id, "history", points, { legend: false })));
