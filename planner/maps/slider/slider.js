
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const one = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const [slider, play, tip, map] = [one("slider"), one("play"), one("tip"), document.querySelector(".map")];
  const areas = all(".area"), schools = all(".map .school"), rows = all("tbody tr");
  const radios = all("input[name=show]"), legends = all(".legend");
  const labels = all(".label").map((node) => ({
    node, kind: node.dataset.of[0], index: Number(node.dataset.of.slice(1)), number: node.querySelector(".number"),
  }));
  const absent = -2;
  let year = 0, view = data.views[0], timer = 0, told = null;

  const seen = (node, there) => there ? node.removeAttribute("display") : node.setAttribute("display", "none");
  // A class of -1 is the last entry: no figure.
  const pick = (list, band) => list.at(band < 0 ? -1 : band);

  function draw() {
    const paths = data.paths[data.assignment[year]];
    const [land, places] = [view.areas[year], view.places[year]];
    areas.forEach((node, k) => {
      if (node.getAttribute("d") !== paths[k]) node.setAttribute("d", paths[k]);
      node.setAttribute("fill", pick(view.fills, land[k][0]));
    });
    schools.forEach((node, k) => {
      const [band, , , , , , radius, sure] = places[k];
      const [circle, bar] = node.children;
      const size = radius || 1;
      seen(node, band !== absent);
      node.classList.toggle("sure", Boolean(sure));
      circle.setAttribute("r", size);
      circle.setAttribute("fill", pick(view.colours, band));
      const colour = band < 0 ? "" : view.bars[band];
      seen(bar, colour);
      bar.setAttribute("transform", `scale(${0.6 * size})`);
      if (colour) bar.setAttribute("stroke", colour);
    });
    labels.forEach(({ node, kind, index, number }) => {
      const entry = (kind === "s" ? places : land)[index];
      seen(node, entry[0] !== absent);
      number.textContent = entry[1];
    });
    rows.forEach((row, k) => {
      row.hidden = places[k][0] === absent;
      [...row.cells].slice(1).forEach((cell, c) => { cell.textContent = places[k][2 + c]; });
    });
    legends.forEach((node) => { node.hidden = node.dataset.show !== view.show; });
    one("year").textContent = data.names[year];
    one("sum").textContent = view.sums[year];
    one("meaning").textContent = view.meaning;
    slider.value = year;
    slider.setAttribute("aria-valuetext", data.names[year]);
    radios.forEach((radio) => { radio.checked = radio.value === view.show; });
    if (told) tell(told.list, told.index);
  }

  function go(next) {
    year = Math.min(Math.max(next, 0), data.years.length - 1);
    draw();
  }

  // The address names what is shown, so that it can be passed on.
  function remember() {
    const name = String(data.years[year]) + (view === data.views[0] ? "" : `-${view.show}`);
    try { history.replaceState(null, "", `#${name}`); } catch { /* A page in a frame may not. */ }
  }

  function recall() {
    const [asked, show] = location.hash.slice(1).split("-");
    const found = data.years.indexOf(Number(asked));
    view = data.views.find((candidate) => candidate.show === show) ?? data.views[0];
    go(found < 0 ? 0 : found);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = data.words.play;
    play.setAttribute("aria-pressed", "false");
  }

  function step(by) {
    stop();
    go(year + by);
    remember();
  }

  function tell(list, index) {
    const entry = (list === "schools" ? view.places : view.areas)[year][index];
    told = entry[0] === absent ? null : { list, index };
    tip.hidden = !told;
    const title = document.createElement("b");
    title.textContent = data[list][index];
    tip.replaceChildren(title, ...data.words.cells.map((word, k) => {
      const line = document.createElement("div");
      line.append(...[word, entry[2 + k]].map((text) => {
        const part = document.createElement("span");
        part.textContent = text;
        return part;
      }));
      return line;
    }));
  }

  function place(event) {
    const box = map.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    tip.style.left = `${Math.max(0, Math.min(x + 14, box.width - tip.offsetWidth))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > box.height ? y - 12 - tip.offsetHeight : y + 18}px`;
  }

  function hide() {
    told = null;
    tip.hidden = true;
  }

  const tellers = [[areas, "areas"], [schools, "schools"]];
  for (const [nodes, list] of tellers) {
    nodes.forEach((node, index) => {
      const show = (event) => { tell(list, index); place(event); };
      node.addEventListener("pointermove", show);
      node.addEventListener("click", (event) => { event.stopPropagation(); show(event); });
      node.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
    });
  }
  document.addEventListener("click", hide);

  slider.addEventListener("input", () => { stop(); go(Number(slider.value)); });
  slider.addEventListener("change", remember);
  radios.forEach((radio) => radio.addEventListener("change", () => {
    view = data.views.find((candidate) => candidate.show === radio.value);
    draw();
    remember();
  }));
  play.addEventListener("click", () => {
    if (timer) { stop(); remember(); return; }
    if (year === data.years.length - 1) go(0);
    timer = setInterval(() => {
      go(year + 1);
      if (year === data.years.length - 1) { stop(); remember(); }
    }, 1200);
    play.textContent = data.words.pause;
    play.setAttribute("aria-pressed", "true");
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input") || event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { event.preventDefault(); step(by); }
    if (event.key === "Escape") hide();
  });
  document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", recall);
  one("controls").hidden = false;
  recall();
})();
