// Maps of what the masks keep.

const MODULE_TITLES = {
  head: 'Attention heads', intermediate: 'Intermediate units', hidden: 'Hidden units', layer: 'Layers',
  head_layer: 'Attention of the layers', mlp: 'MLPs of the layers'
};
const UNIT_NAMES = { head: 'head', intermediate: 'intermediate unit', hidden: 'hidden unit', layer: 'layer', head_layer: 'layer', mlp: 'layer' };

function heatFigure(run, module) {
  const map = () => run().sparsity.maps.find(map => map.module === module);
  const unit = at(UNIT_NAMES, module) ?? 'unit';
  const first = map();
  const perCell = first.units_per_cell;
  const grid = rowsOf(first, run());
  const x = perCell === 0 ? 'the whole row' : perCell > 1 ? `${unit} (${perCell} per cell)` : `${unit} (number)`;
  const figure = new Figure({
    title: at(MODULE_TITLES, module) ?? module, x, y: grid.length > 1 ? 'layer (number)' : '', format: y => percent(y),
    about: heatWords(first), height: grid.length > 1 ? Math.min(620, Math.max(180, 90 + 16 * grid.length)) : 120,
    wide: false,
    curves: () => rowsOf(map(), run()).map(row => ({ name: row.name, color: theme().accent, points: row.cells.map((value, i) => [i * Math.max(1, perCell), value]) })),
    ownTable: () => heatTable(rowsOf(map(), run()), x),
    option: (curves, option) => {
      const c = theme();
      const cells = curves.flatMap((row, r) => row.points.map((point, i) => [i, r, point[1]]));
      const columns = Math.max(...curves.map(row => row.points.length));
      return {
        grid: { ...option.grid, left: curves.length > 1 ? 54 : 18 },
        xAxis: { ...option.xAxis, type: 'category', data: Array.from({ length: columns }, (_, i) => String(i * Math.max(1, perCell))), axisLabel: { color: c.soft, fontSize: 12, hideOverlap: true, show: perCell > 0 } },
        yAxis: { ...option.yAxis, type: 'category', inverse: true, nameLocation: 'start', data: curves.map(row => row.name), splitLine: { show: false }, axisLabel: { color: c.soft, fontSize: 11, show: curves.length > 1 } },
        visualMap: { show: false, min: 0, max: 1, inRange: { color: c.ramp } },
        tooltip: { ...option.tooltip, trigger: 'item', formatter: param => heatTip(curves, param, unit, perCell) },
        series: [{ type: 'heatmap', data: cells, itemStyle: { borderColor: c.card, borderWidth: columns > 40 ? 0.5 : 1 }, emphasis: { disabled: true } }]
      };
    }
  });
  figure.describe = () => `${figure.parts.title}: ${heatWords(map())} ` +
    figure.curves.map(row => `${row.name ? 'layer ' + row.name : 'all'}: ${percent(mean(row.points.map(point => point[1])))} kept`).join(', ') + '.';
  figure.key = () => {};
  figure.refreshWords = () => figure.node.querySelector('.about').textContent = heatWords(map());
  return figure;
}

const mean = values => values.length ? values.reduce((a, b) => a + b, 0) / values.length : NaN;

const heatWords = map => map.cut ? 'What the cut kept of the source model.' :
  'The probability that each unit stays, as the masks have it now.';

/** Rows with names; layers that were cut whole are rows of zeros. */
function rowsOf(map, run) {
  if (map.rows.length === 0) return map.cells.map(cells => ({ name: '', cells }));
  const source = run.shapes.find(shape => shape.role === 'source')?.model;
  const layers = Math.max(source?.layers ?? 0, ...map.rows.map(row => row + 1));
  const width = Math.max(...map.cells.map(row => row.length));
  return Array.from({ length: layers }, (_, layer) => {
    const row = map.rows.indexOf(layer);
    return { name: String(layer), cells: row >= 0 ? map.cells[row] : Array(width).fill(0) };
  });
}

function heatTip(rows, param, unit, perCell) {
  const [column, row, value] = param.value;
  const from = column * perCell;
  const units = perCell === 0 ? '' : perCell > 1 ? `${unit}s ${from} to ${from + perCell - 1}` : `${unit} ${from}`;
  const layer = rows.length > 1 ? `layer ${rows[row].name}` : '';
  return el('div', { class: 'tip' }, el('b', null, [layer, units].filter(part => part).join(', ')), el('div', null, percent(value, 1) + ' kept'));
}

function heatTable(rows, x) {
  const all = rows.length > 1;
  return el('table', { class: 'figures' },
    el('thead', null, el('tr', null, el('th', { scope: 'col' }, all ? 'layer' : ''), el('th', { scope: 'col' }, 'kept'), el('th', { scope: 'col' }, 'cells: ' + x))),
    el('tbody', null, ...rows.map(row => el('tr', null, el('th', { scope: 'row' }, row.name || 'all'),
      el('td', null, percent(mean(row.cells), 1)), el('td', null, row.cells.map(value => percent(value)).join('  '))))));
}

function heatKey() {
  const ramp = el('span', { class: 'ramp', 'aria-hidden': 'true' });
  ramp.style.background = `linear-gradient(90deg, ${theme().ramp.join(', ')})`;
  return el('p', { class: 'key' }, el('span', null, 'removed (0 %)', ramp, 'kept (100 %)'));
}
