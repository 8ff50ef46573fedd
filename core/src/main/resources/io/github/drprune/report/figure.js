// A figure: caption, chart, keyboard and table. Charts are drawn when they come near the screen.

const figures = new Set();
const nearby = new IntersectionObserver(entries => {
  for (const entry of entries) {
    entry.target.figure.near = entry.isIntersecting;
    if (entry.isIntersecting) entry.target.figure.draw();
  }
}, { rootMargin: '300px' });
const resized = new ResizeObserver(entries => {
  for (const entry of entries) entry.target.figure.chart?.resize();
});

class Figure {
  /**
   * parts: title, about, x and y (axis names with units), format (of y), option (colours -> series
   * and whatever differs from a line chart), curves (for table, tooltip and keyboard: a list of
   * { name, color, dash, points: [[x, y]] } that belongs to the series in order), modes (names).
   */
  constructor(parts) {
    this.parts = parts;
    this.mode = 0;
    this.stale = true;
    this.plot = el('div', {
      class: 'plot', tabindex: 0, role: 'img', onkeydown: event => this.key(event),
      onfocus: () => this.cursor = null, onblur: () => this.chart?.dispatchAction({ type: 'hideTip' })
    });
    this.plot.figure = this;
    if (parts.height) this.plot.style.height = parts.height + 'px';
    this.table = el('div', { class: 'scroll', tabindex: 0 });
    this.details = el('details', { ontoggle: () => this.fillTable() },
      el('summary', null, 'Values as a table'), this.table);
    this.node = el('figure', { class: 'card' + (parts.wide ? ' wide' : '') },
      el('figcaption', { class: 'caption' },
        el('div', null, el('h3', null, parts.title), parts.about && el('p', { class: 'about' }, parts.about)),
        parts.modes && this.choice(parts.modes)),
      this.plot, this.details);
    figures.add(this);
    nearby.observe(this.plot);
    resized.observe(this.plot);
  }

  choice(names) {
    const buttons = names.map((name, i) => el('button', {
      type: 'button', 'aria-pressed': String(i === this.mode),
      onclick: () => {
        this.mode = i;
        buttons.forEach((button, j) => button.setAttribute('aria-pressed', String(i === j)));
        this.update();
      }
    }, name));
    return el('div', { class: 'choice', role: 'group', 'aria-label': 'What to show' }, ...buttons);
  }

  update() {
    this.stale = true;
    if (this.near) this.draw();
    if (this.details.open) this.fillTable();
  }

  draw() {
    if (!this.stale) return;
    this.stale = false;
    this.chart ??= echarts.init(this.plot, null, { renderer: 'canvas' });
    this.curves = this.parts.curves(this.mode);
    const option = baseOption(this);
    Object.assign(option, this.parts.option?.(this.curves, option, this.mode));
    this.chart.setOption(option, { notMerge: true });
    this.plot.setAttribute('aria-label', this.describe());
  }

  describe() {
    const last = this.curves.filter(curve => curve.points.length).slice(0, 25)
      .map(curve => `${curve.name} ${this.format(curve.points.at(-1)[1])}`);
    const start = `${this.parts.title}: ${this.yName()} over ${this.parts.x}. `;
    return start + (last.length ? 'Last values: ' + last.join(', ') + '. Arrow keys read values.' : 'No values yet.');
  }

  yName() {
    return Array.isArray(this.parts.y) ? this.parts.y[this.mode] : this.parts.y;
  }

  format(value) {
    return (this.parts.format ?? significant)(value);
  }

  key(event) {
    const moves = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 };
    if (!(event.key in moves) || !this.curves) return;
    const longest = this.curves.reduce((a, b) => b.points.length > a.points.length ? b : a, { points: [] });
    const last = longest.points.length - 1;
    if (last < 0) return;
    event.preventDefault();
    const from = this.cursor ?? (event.key === 'ArrowLeft' ? last + 1 : -1);
    this.cursor = Math.min(last, Math.max(0, from + moves[event.key]));
    const seriesIndex = this.curves.indexOf(longest);
    this.chart.dispatchAction({ type: 'showTip', seriesIndex, dataIndex: this.cursor });
    const x = longest.points[this.cursor][0];
    const values = this.curves.map(curve => [curve.name, nearest(curve.points, x)])
      .filter(([, point]) => point).map(([name, point]) => `${name} ${this.format(point[1])}`);
    document.getElementById('spoken').textContent = `${short(x)} ${this.parts.x}: ${values.join(', ')}`;
  }

  fillTable() {
    if (!this.details.open) return;
    const curves = this.parts.curves(this.mode).filter(curve => curve.points.length);
    this.table.replaceChildren(this.parts.ownTable?.() ?? curveTable(this, curves));
  }

  remove() {
    nearby.unobserve(this.plot);
    resized.unobserve(this.plot);
    this.chart?.dispose();
    figures.delete(this);
  }
}

/** The point of ascending points that lies nearest to x. */
function nearest(points, x) {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < x) low = middle + 1;
    else high = middle;
  }
  const before = points[low - 1];
  return before && points[low] && x - before[0] < points[low][0] - x ? before : points[low];
}

const TABLE_ROWS = 40;

function curveTable(figure, curves) {
  const xs = [...new Set(curves.flatMap(curve => curve.points.map(point => point[0])))].sort((a, b) => a - b);
  const step = Math.max(1, (xs.length - 1) / (TABLE_ROWS - 1));
  const chosen = [];
  for (let i = 0; i < xs.length - 1; i += step) chosen.push(xs[Math.floor(i)]);
  if (xs.length) chosen.push(xs.at(-1));
  return el('table', { class: 'figures' },
    el('caption', { class: 'unseen' }, figure.parts.title),
    el('thead', null, el('tr', null, el('th', { scope: 'col' }, figure.parts.x),
      ...curves.map(curve => el('th', { scope: 'col', class: 'name', title: curve.name }, curve.name)))),
    el('tbody', null, ...chosen.map(x => el('tr', null, el('th', { scope: 'row' }, short(x)),
      ...curves.map(curve => el('td', null, figure.format(nearest(curve.points, x)?.[1])))))));
}

function tip(figure, params) {
  const list = (Array.isArray(params) ? params : [params]).filter(param => figure.curves[param.seriesIndex]);
  if (!list.length) return '';
  const rows = list.map(param => [figure.curves[param.seriesIndex], param.value[2] ?? param.value[1]])
    .filter(([curve, value]) => isNumber(value) && !curve.silent).sort((a, b) => b[1] - a[1]);
  const lines = rows.map(([curve, value]) => el('tr', null, el('td', null, swatch(curve.color, curve.dash)),
    el('td', null, el('div', { class: 'name' }, curve.name)),
    el('td', { class: 'n' }, figure.format(value))));
  const x = list[0].axisValue ?? list[0].value[0];
  const tables = [];
  const half = lines.length > 12 ? Math.ceil(lines.length / 2) : lines.length;
  for (let i = 0; i < lines.length; i += half) tables.push(el('table', null, ...lines.slice(i, i + half)));
  return el('div', { class: 'tip' },
    el('b', null, short(x) + ' ' + figure.parts.x + (figure.parts.stepOf ? figure.parts.stepOf(x) : '')),
    el('div', { class: tables.length > 1 ? 'columns' : '' }, ...tables));
}

function axis(name, more) {
  const c = theme();
  return {
    type: 'value', name, nameTextStyle: { color: c.soft, fontSize: 12 },
    axisLabel: { color: c.soft, fontSize: 12, hideOverlap: true },
    axisLine: { show: false, lineStyle: { color: c.line } }, axisTick: { show: false },
    splitLine: { lineStyle: { color: c.line, width: 1 } }, ...more
  };
}

function baseOption(figure) {
  const c = theme();
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 54, right: 18, top: 30, bottom: 44, outerBoundsMode: 'none' },
    xAxis: axis(figure.parts.x, {
      nameLocation: 'middle', nameGap: 26, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: c.line } },
      axisLabel: { color: c.soft, fontSize: 12, hideOverlap: true, showMaxLabel: false, formatter: short }, splitNumber: 5, max: 'dataMax'
    }),
    yAxis: axis(figure.yName(), {
      nameLocation: 'end', nameGap: 12, nameTextStyle: { color: c.soft, fontSize: 12, align: 'left', padding: [0, 0, 0, -46] },
      scale: true, axisLabel: { color: c.soft, fontSize: 12, formatter: figure.parts.tick ?? short }
    }),
    tooltip: {
      trigger: 'axis', confine: true, backgroundColor: c.card, borderColor: c.line, textStyle: { color: c.text },
      extraCssText: 'box-shadow: 0 2px 10px rgba(0,0,0,.25)', axisPointer: { type: 'line', lineStyle: { color: c.soft } },
      formatter: params => tip(figure, params)
    },
    series: figure.curves.map(curve => line(curve))
  };
}

function line(curve, more) {
  return {
    type: 'line', data: curve.points, showSymbol: curve.points.length < 2, symbolSize: 5, emphasis: { disabled: true },
    silent: true, itemStyle: { color: curve.color },
    lineStyle: { color: curve.color, width: curve.width ?? 1.7, type: curve.dash ? [5, 3] : 'solid', opacity: curve.opacity ?? 1 },
    ...more
  };
}

function redrawAll(force) {
  for (const figure of figures) {
    figure.stale = true;
    if (figure.near || (force && figure.plot.isConnected)) figure.draw();
  }
}
darkScreen.addEventListener('change', () => {
  redrawAll();
  document.dispatchEvent(new Event('colours'));
});
addEventListener('beforeprint', () => {
  printing = true;
  redrawAll(true);
  for (const figure of figures) figure.chart?.resize();
  document.dispatchEvent(new Event('colours'));
});
addEventListener('afterprint', () => {
  printing = false;
  redrawAll();
  document.dispatchEvent(new Event('colours'));
});

/** Names with colours that several figures share; pressing one hides or shows it in all of them. */
class Legend {
  constructor(names, label) {
    this.names = names;
    this.hidden = new Set();
    this.members = [];
    this.node = el('div', { class: 'legend', role: 'group', 'aria-label': label });
    this.fill();
    document.addEventListener('colours', () => this.fill());
  }

  fill() {
    const focused = [...this.node.children].indexOf(document.activeElement);
    this.node.replaceChildren(...this.names.map((name, i) => el('button', {
      type: 'button', 'aria-pressed': String(!this.hidden.has(name)), title: name + ' — click to hide or show, double-click to show it alone',
      onclick: () => this.toggle(name), ondblclick: () => this.alone(name)
    }, swatch(colour(i), dashed(i)), el('span', null, name))));
    if (focused >= 0) this.node.children[focused].focus();
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.changed();
  }

  alone(name) {
    const others = this.names.filter(other => other !== name);
    const isAlone = others.every(other => this.hidden.has(other));
    this.hidden = new Set(isAlone ? [] : others);
    this.changed();
  }

  changed() {
    this.fill();
    for (const figure of this.members) figure.update();
  }

  /** Curves of the names that are shown; points gives each name's, or undefined. */
  curves(points) {
    return this.names.flatMap((name, i) => this.hidden.has(name) ? [] :
      [{ name, index: i, color: colour(i), dash: dashed(i), points: points(name, i) ?? [] }]);
  }

  add(figure) {
    this.members.push(figure);
    return figure;
  }
}
