// How methods degrade, and what they cost.

table("costs", [
  { key: "method", title: "method", kind: "text", text: (c) => named(c.method) },
  { key: "runs", title: "runs" },
  { key: "seconds", title: "seconds", text: (c) => seconds(c.seconds), least: true },
  { key: "cpu", title: "CPU seconds", text: (c) => seconds(c.cpu), least: true },
  { key: "memory", title: "memory, MiB", text: (c) => (c.memory === null ? missing : c.memory.toFixed(0)), least: true },
  { key: "largest", title: "the most", text: (c) => (c.largest === null ? missing : c.largest.toFixed(0)), least: true },
  ...["50", "90"].map((share) => ({
    key: `reach${share}`, title: `${share} % after`, value: (c) => c.reach[share] ?? null, least: true,
    text: (c) => (c.reach[share] === undefined ? missing : c.reach[share] === null ? "never" : `${seconds(c.reach[share])} s`),
    when: () => content.weak.some((one) => one.costs.some((cost) => cost.reach[share] !== undefined)),
  })),
], { rows: () => (weakness()?.costs ?? []).filter((cost) => state.methods.has(cost.method)), first: () => "seconds", down: false });

const degrading = async () => {
  const own = weakness();
  const place = byId("curves");
  byId("curves-part").hidden = !own;
  byId("cost-part").hidden = !own?.costs.length;
  if (!own) return;
  // A figure with one level only is not drawn, and this says so.
  byId("curves-note").textContent = [...own.curves.flatMap((curve) => curve.remarks),
    ...(own.not_drawn.length ? [`No curve over ${own.not_drawn.map((text) => text.replace(/: one level only \((.*)\)$/, " (one level only: $1)")).join("; ")}.`] : [])].join(" ");
  const drawnCurves = own.curves.flatMap((curve) => [["recovery", "Recovery", "curve"], ["nmse", "Error", "curve-nmse"]].flatMap(([key, title, chart]) => {
    const points = curve.points.filter((point) => point[key] !== null && state.methods.has(point.method))
      .sort((a, b) => curve.levels.indexOf(a.level) - curve.levels.indexOf(b.level));
    const id = `${chart}-${curve.by}`;
    return points.length ? [{ id, chart, points, curve, title: `${title} against ${curve.title}` }] : [];
  }));
  place.replaceChildren(...drawnCurves.map(({ id, title }) => element("figure", {}, element("figcaption", {}, `${title} `,
    element("small", {})), element("div", { class: "chart", id }))));
  if (!drawing) return;
  await Promise.all(drawnCurves.map(({ id, chart, points, curve }) => {
    const tasks = [...new Set(points.map((point) => point.tasks))];
    caption(id, `${several ? "all suites" : content.suites[0]}, all else as at ${how(content.weak[0])}: of each method the tasks that it ran on at every level (${
      tasks.length === 1 ? tasks[0] : `${Math.min(...tasks)} to ${Math.max(...tasks)}`}), with 95 % intervals.`);
    return embed(id, chart, points, { words: [["the setting", curve.title]] });
  }));
};

