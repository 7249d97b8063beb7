// The page is complete without this: it only sorts, filters, switches, copies and finds.
"use strict";
(() => {
  const { say, phases } = JSON.parse(document.body.dataset.script);
  const all = (what, inside = document) => [...inside.querySelectorAll(what)];
  const on = (what, event, act) => what.addEventListener(event, act, true);
  const rowsOf = (table) => [...table.tBodies[0].rows];
  const filled = (said, values) => said.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const stamp = all(".stamp").map(text);

  function make(tag, properties, ...inside) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...inside);
    return made;
  }

  const tools = (...inside) => make("div", { className: "tools" }, ...inside);

  function text(cell) {
    const copy = cell.cloneNode(true);
    all(".source, .back", copy).forEach((link) => link.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  }

  // What was done is shown for a while, and read out.
  const status = make("div", { className: "said" });
  let silence;
  function announce(said, values) {
    status.textContent = filled(said, values);
    clearTimeout(silence);
    if (said) { silence = setTimeout(announce, 8000, ""); }
  }

  // A row is there unless one of the tools leaves it out.
  function keep(row, tool, kept) {
    row.left = { ...row.left, [tool]: !kept };
    row.hidden = Object.values(row.left).some(Boolean);
  }

  // What is no number stands behind numbers, up or down.
  const number = (said) => parseFloat(said.replace(/[,£€$<+]/g, "").replace("\u2212", "-"));

  function compare(one, two, sign) {
    const a = number(one), b = number(two);
    if (isNaN(a) || isNaN(b)) { return isNaN(a) - isNaN(b) || sign * one.localeCompare(two); }
    return sign * (a - b);
  }

  // Up, down, and as the report has it.
  const next = { ascending: "descending", descending: "unsorted" };

  function sortable(table) {
    const rows = rowsOf(table), heads = all("thead th", table);
    heads.forEach((head, place) => {
      const column = text(head), title = filled(say.sort, { column });
      const button = make("button", { type: "button", title }, ...head.childNodes);
      head.append(button);
      on(button, "click", () => {
        const order = next[head.ariaSort] || "ascending", sign = order === "ascending" ? 1 : -1;
        const keyed = rows.map((row) => [text(row.cells[place]), row]);
        if (order !== "unsorted") { keyed.sort((one, two) => compare(one[0], two[0], sign)); }
        table.tBodies[0].append(...keyed.map((each) => each[1]));
        heads.forEach((each) => { each.ariaSort = each === head && next[order] ? order : null; });
        announce(say[order], { column });
      });
    });
  }

  function filterable(table, id) {
    const rows = rowsOf(table), count = make("output"), input = make("input", { type: "search", id });
    on(input, "input", () => {
      const wanted = input.value.trim().toLowerCase();
      rows.forEach((row) => keep(row, "filter", row.textContent.toLowerCase().includes(wanted)));
      const shown = rows.filter((row) => !row.hidden).length;
      count.value = wanted && filled(say.shown, { shown, all: rows.length });
    });
    table.parentNode.before(tools(make("label", { htmlFor: id }, say.filter), input, count));
  }

  // A table is taken along as it is shown, and never without the stamp.
  const taken = (table) => [...stamp.map((said) => [said]),
    ...all("tr", table).filter((row) => !row.hidden).map((row) => [...row.cells].map(text))];

  async function copy(table) {
    const rows = taken(table);
    try {
      await navigator.clipboard.writeText(rows.map((row) => row.join("\t")).join("\n"));
      announce(say.copied, { n: rows.length - 1 - stamp.length });
    } catch { announce(say.not_copied); }
  }

  // Numbers as programs read them, and no text that a spreadsheet would run.
  function field(said) {
    const plain = said.replace("\u2212", "-").replace(/,(?=\d{3})/g, "");
    if (/^-?\d+(\.\d+)?$/.test(plain)) { return plain; }
    return `"${said.replace(/^[ '"]*[=+\-@＝＋－＠]/, "'$&").replace(/"/g, '""')}"`;
  }

  function save(table) {
    const lines = taken(table).map((row) => row.map(field).join() + "\r\n");
    const href = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
    const download = [...stamp, table.id || "rows"].join(" ") + ".csv";
    make("a", { href, download }).click();
    setTimeout(URL.revokeObjectURL, 9000, href);
    announce(say.saved, { name: download });
  }

  function takeable(table) {
    const box = table.parentNode, after = box.nextElementSibling;
    (after && after.matches(".notes") ? after : box).after(tools(...[copy, save].map((act) => {
      const button = make("button", { type: "button" }, say[act.name]);
      button.setAttribute("aria-describedby", table.caption.id);
      on(button, "click", () => act(table));
      return button;
    })));
  }

  // One group, one questionnaire, in all sections, until the window is closed.
  const memory = "peereval " + location.pathname, chosen = { phase: "", group: "" };
  const tables = all("section table").filter((table) => !table.closest("figure"));
  const within = (kind, section) => tables
    .filter((table) => section.contains(table) && kind in table.dataset).map(rowsOf)
    .concat(kind === "phase" ? [all(":scope > section", section)] : []);

  function nameOf(part, kind) {
    if (part.cells) { return text(part.cells[part.closest("table").dataset[kind]]); }
    return phases[Object.keys(phases).find((id) => part.id.startsWith(`${part.parentNode.id}-${id}-`))];
  }

  // A table, and a section, that does not have what is chosen is left whole.
  function choose(kind, name) {
    chosen[kind] = name;
    all("main > section").flatMap((each) => within(kind, each)).forEach((parts) => {
      const there = parts.some((part) => nameOf(part, kind) === name);
      parts.forEach((part) => keep(part, kind, !there || (nameOf(part, kind) || name) === name));
    });
    all(`select[name=${kind}]`).forEach((select) => {
      select.value = name;
      if (select.selectedIndex < 0) { select.value = ""; }
    });
    try { sessionStorage[memory] = JSON.stringify(chosen); } catch { /* it is forgotten */ }
  }

  function switches(section) {
    const parts = Object.keys(chosen).flatMap((name) => {
      const found = within(name, section).flat().map((part) => nameOf(part, name)).filter(Boolean);
      const options = [...new Set(found)].map((each) => new Option(each));
      if (options.length < 2) { return []; }
      const every = new Option(say["every_" + name], ""), id = name + "-" + section.id;
      const select = make("select", { id, name }, every, ...options);
      on(select, "change", () => {
        choose(name, select.value);
        announce(select.value ? say.switched : say.whole, { name: select.value });
      });
      return [make("label", { htmlFor: id }, say[name]), select];
    });
    if (parts.length) { all("h2", section)[0].after(tools(...parts)); }
  }

  // What a link leads to is unfolded and shown; from a row there is a way back.
  const aim = (hash) => hash && document.getElementById(decodeURIComponent(hash.slice(1)));

  function reveal(target) {
    if (target.closest("[hidden]")) {
      all("input").forEach((input) => { input.value = ""; input.dispatchEvent(new Event("input")); });
      Object.keys(chosen).forEach((kind) => choose(kind, ""));
      announce(say.whole);
    }
    for (let each = target; each; each = each.parentElement.closest("details")) { each.open = true; }
    target.scrollIntoView();
  }

  const arrive = () => aim(location.hash) && reveal(aim(location.hash));

  on(document, "click", (event) => {
    const link = event.target.closest('a[href^="#"]'), target = link && aim(link.hash);
    if (!target) { return; }
    reveal(target);
    if (target.tagName !== "TR") { return; }
    all(".back").forEach((each) => each.remove());
    link.id = link.id || "from-" + target.id;
    const back = make("a", { className: "back", href: "#" + link.id }, say.back);
    on(back, "click", () => setTimeout(() => link.focus()));
    target.cells[0].append(" ", back);
  });

  const watch = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting)
    .forEach((each) => all("nav a").forEach((link) => {
      link.ariaCurrent = link.hash === "#" + each.target.id ? "true" : null;
    })), { rootMargin: "-15% 0px -84% 0px" });

  // Only what scrolls needs a stop of the keyboard.
  const stops = () => all(".scroll").forEach((box) => {
    box.tabIndex = box.scrollWidth > box.clientWidth ? 0 : -1;
  });

  all("main table").forEach((table) => {
    const many = rowsOf(table).length;
    if (many > 2) { sortable(table); }
    if (many > 15) { filterable(table, "filter-" + (table.id || "rows")); }
    if (many) { takeable(table); }
  });
  all("main > section").forEach((section) => { switches(section); watch.observe(section); });
  status.setAttribute("role", "status");
  all("main")[0].append(status);
  try {
    Object.entries(JSON.parse(sessionStorage[memory])).forEach((each) => choose(...each));
  } catch { /* nothing was kept */ }
  stops();
  on(window, "resize", stops);
  on(document, "toggle", stops);
  on(window, "hashchange", arrive);
  arrive();
  // Browsers that cannot open in print what is folded on the screen.
  let folds = [];
  const unfold = (open) => folds.forEach((each) => { each.open = open; });
  on(window, "beforeprint", () => { folds = all(".fold:not([open])"); unfold(true); });
  on(window, "afterprint", () => unfold(false));
})();
