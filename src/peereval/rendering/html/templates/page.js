// The page is complete without this: it only sorts, filters and switches what is there.
"use strict";
(function () {
  var said = document.body.dataset;

  function number(text) {
    var plain = text.replace(/\[[a-z]+\]/g, "").replace(/[,%£€$<+\s]/g, "").replace("\u2212", "-");
    return plain === "" || isNaN(plain) ? null : Number(plain);
  }

  function compare(one, two) {
    var a = number(one), b = number(two);
    if (a !== null && b !== null) { return a - b; }
    if (a !== null || b !== null) { return a === null ? 1 : -1; }
    return one.localeCompare(two, document.documentElement.lang);
  }

  function text(cell) {
    var copy = cell.cloneNode(true);
    copy.querySelectorAll("a.source").forEach(function (link) { link.remove(); });
    return copy.textContent.trim();
  }

  function sort(table, column, header) {
    var down = header.getAttribute("aria-sort") === "ascending";
    var rows = Array.from(table.tBodies[0].rows);
    rows.sort(function (one, two) {
      var order = compare(text(one.cells[column]), text(two.cells[column]));
      return down ? -order : order;
    });
    table.querySelectorAll("thead th").forEach(function (each) { each.removeAttribute("aria-sort"); });
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.forEach(function (row) { table.tBodies[0].append(row); });
  }

  function sortable(table) {
    table.querySelectorAll("thead th").forEach(function (header, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.title = said.sort.replace("{column}", header.textContent.trim());
      button.append.apply(button, Array.from(header.childNodes));
      header.append(button);
      button.addEventListener("click", function () { sort(table, column, header); });
    });
  }

  function tools(place, name, control, id) {
    var box = document.createElement("p"), label = document.createElement("label");
    box.className = "tools";
    label.textContent = name;
    label.htmlFor = control.id = id;
    box.append(label, control);
    place.before(box);
  }

  function filtered(table) {
    var input = document.createElement("input");
    input.type = "search";
    input.addEventListener("input", function () {
      var wanted = input.value.toLowerCase();
      Array.from(table.tBodies[0].rows).forEach(function (row) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
      });
    });
    tools(table.parentNode, said.filter, input, "filter-rows");
  }

  function switched(section) {
    var tables = Array.from(section.querySelectorAll('section table[data-first="group"]'));
    var names = new Set();
    tables = tables.filter(function (table) { return !table.closest("figure"); });
    function groups(table) { return Array.from(table.tBodies[0].rows); }
    tables.forEach(function (table) {
      groups(table).forEach(function (row) { names.add(text(row.cells[0])); });
    });
    if (names.size < 2) { return; }
    var select = document.createElement("select");
    [said.every].concat(Array.from(names)).forEach(function (name, place) {
      select.add(new Option(name, place ? name : ""));
    });
    select.addEventListener("change", function () {
      tables.forEach(function (table) {
        groups(table).forEach(function (row) {
          row.hidden = select.value !== "" && text(row.cells[0]) !== select.value;
        });
      });
    });
    tools(section.querySelector("section"), said["switch"], select, "switch-" + section.id);
  }

  document.querySelectorAll("main table").forEach(function (table) {
    if (table.tBodies[0].rows.length > 2) { sortable(table); }
    if ("filter" in table.dataset) { filtered(table); }
  });
  document.querySelectorAll("main > section").forEach(switched);
  // Only what scrolls needs a stop of the keyboard.
  function stops() {
    document.querySelectorAll(".scroll").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
    });
  }
  stops();
  window.addEventListener("resize", stops);
  // Browsers that cannot open in print what is folded on the screen.
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details.fold:not([open])"));
    opened.forEach(function (fold) { fold.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (fold) { fold.open = false; });
  });
}());
