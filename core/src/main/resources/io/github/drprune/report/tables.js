// Summary, tiles and tables.

const head = (text, unit) => el('th', { scope: 'col' }, text, unit && el('span', { class: 'unit' }, unit));

function domainTable(run) {
  const has = key => run.table.some(row => row[key] != null);
  const columns = [
    ['perplexity_before', 'Perplexity', 'before', significant],
    ['perplexity_now', 'Perplexity', 'now', significant],
    ['loss_before', 'Loss', 'before', value => significant(value, 4)],
    ['loss_now', 'Loss', 'now', value => significant(value, 4)],
    ['reference_loss', 'Loss', 'reference', value => significant(value, 4)],
    ['excess', 'Excess', 'over reference', signed],
    ['start_proportion', 'Proportion', 'at the start', value => percent(value, 1)],
    ['proportion', 'Proportion', 'now', value => percent(value, 1)],
    ['weight', 'Weight', 'now', value => percent(value, 1)],
    ['epochs', 'Epochs', 'of its data', value => isNumber(value) ? value.toFixed(2) : '–']
  ].filter(([key]) => has(key));
  const limited = run.table.some(row => row.limited);
  return el('div', null,
    el('div', { class: 'scroll card', tabindex: 0, role: 'region', 'aria-label': 'Domains' },
      el('table', { class: 'figures' },
        el('thead', null, el('tr', null, el('th', { scope: 'col', class: 'name' }, 'Domain'), ...columns.map(([, name, unit]) => head(name, unit)))),
        el('tbody', null, ...run.table.map(row => el('tr', null,
          el('th', { scope: 'row', class: 'name', title: row.domain }, row.domain),
          ...columns.map(([key, , , format]) => el('td', null, format(row[key]) + (key === 'weight' && row.limited ? ' *' : '')))))))),
    limited && el('p', { class: 'about' }, '* moved by a floor or cap on weights'));
}

function shapeTable(run) {
  const columns = [['parameters', 'Parameters'], ['layers', 'Layers'], ['hidden_size', 'Hidden'], ['heads', 'Heads'],
    ['kv_heads', 'Key/value heads'], ['intermediate_size', 'Intermediate']];
  return el('div', { class: 'scroll card', tabindex: 0, role: 'region', 'aria-label': 'Shapes' },
    el('table', { class: 'figures' },
      el('thead', null, el('tr', null, el('th', { scope: 'col' }, 'Model'), ...columns.map(([, name]) => head(name)))),
      el('tbody', null, ...run.shapes.map(({ role, model }) => el('tr', null, el('th', { scope: 'row' }, `${role} (${model.family})`),
        ...columns.map(([key]) => el('td', null, whole(model[key]))))))));
}

function tiles(run) {
  return el('dl', { class: 'tiles' }, ...run.tiles.map(tile => el('div', { class: 'card tile' },
    el('dt', null, tile.label), el('dd', { class: 'value', title: tile.value }, tile.value), el('dd', { class: 'hint' }, tile.hint))));
}

function notes(run) {
  if (!run.warnings.length) return null;
  return el('ul', { class: 'notes', 'aria-label': 'Warnings', tabindex: 0 }, ...run.warnings.map(note =>
    el('li', { class: 'note' }, (note.step == null ? '' : `Step ${whole(note.step)}: `) + note.message)));
}

function summary(run) {
  const [first, ...rest] = run.summary;
  const bad = run.state === 'failed' || run.state === 'stale';
  return el('div', null, bad || run.state === 'empty' ? el('p', { class: 'note' + (bad ? ' bad' : ''), role: bad ? 'alert' : null }, first) : null,
    run.tiles.length ? tiles(run) : null,
    el('ul', { class: bad || run.state === 'empty' ? 'words more' : 'words' }, ...(bad || run.state === 'empty' ? rest : run.summary).map(text => el('li', null, text))),
    notes(run));
}

function comparisonTable(comparison) {
  const [first, ...others] = comparison.runs;
  const names = { mean: 'mean of the domains', worst: 'worst domain' };
  return el('div', { class: 'scroll card', tabindex: 0, role: 'region', 'aria-label': 'Differences' },
    el('table', { class: 'figures' },
      el('thead', null, el('tr', null, el('th', { scope: 'col', class: 'name' }, 'Last held-out loss'), head(first, 'nats per token'),
        ...others.flatMap(name => [head(name, 'nats per token'), head('difference', 'from ' + first)]))),
      el('tbody', null, ...comparison.rows.map(row => {
        const known = row.loss.filter(isNumber);
        const best = known.length > 1 ? Math.min(...known) : null;
        const loss = value => el('td', { class: value != null && value === best ? 'best' : null }, significant(value, 4));
        return el('tr', { class: row.overall ? 'overall' : null },
          el('th', { scope: 'row', class: 'name', title: row.name }, row.overall ? names[row.name] : row.name),
          loss(row.loss[0]), ...others.flatMap((_, i) => [loss(row.loss[i + 1]), difference(row.difference[i + 1])]));
      }))));
}

const difference = value => el('td', { class: value < 0 ? 'better' : value > 0 ? 'worse' : null }, signed(value));

function taskTable(tasks) {
  const [first, ...others] = tasks.models;
  const figure = (value, error) => isNumber(value) ? value.toFixed(4) + (isNumber(error) ? ' ± ' + error.toFixed(4) : '') : '–';
  return el('div', { class: 'scroll card', tabindex: 0, role: 'region', 'aria-label': 'Downstream tasks' },
    el('table', { class: 'figures' },
      el('thead', null, el('tr', null, el('th', { scope: 'col', class: 'name' }, 'Task'), el('th', { scope: 'col' }, 'Metric'), head(first),
        ...others.flatMap(name => [head(name), head('difference', 'from ' + first)]))),
      el('tbody', null, ...tasks.rows.map(row => el('tr', { class: row.group ? 'overall' : null },
        el('th', { scope: 'row', class: 'name', title: row.task }, row.task), el('td', null, row.metric),
        ...row.cells.flatMap((cell, i) => [el('td', null, figure(cell.value, cell.error)), i > 0 && taskDifference(row, cell)]))))));
}

/** Coloured where it is more than two standard errors. */
function taskDifference(row, cell) {
  const clear = isNumber(cell.difference_error) && Math.abs(cell.difference) > 2 * cell.difference_error;
  const better = (cell.difference < 0) === row.lower_is_better;
  const error = isNumber(cell.difference_error) ? ' ± ' + cell.difference_error.toFixed(4) : '';
  return el('td', { class: !clear ? null : better ? 'better' : 'worse' }, signed(cell.difference, 4) + error);
}

function judgedTable(all) {
  return el('div', { class: 'scroll card', tabindex: 0, role: 'region', 'aria-label': 'Judged answers' },
    el('table', { class: 'figures' },
      el('thead', null, el('tr', null, el('th', { scope: 'col', class: 'name' }, 'Answers'), el('th', { scope: 'col', class: 'name' }, 'Against'),
        el('th', { scope: 'col' }, 'Judge'), head('Pairs'), head('Win rate'), head('95 % interval'), head('Both orders', 'agree'),
        head('First answer', 'preferred'), head('Longer answer', 'preferred'))),
      el('tbody', null, ...all.map(({ a, b, judge, result }) => el('tr', null,
        el('th', { scope: 'row', class: 'name', title: a }, a), el('td', { class: 'name', title: b }, b), el('td', null, judge), el('td', null, whole(result.pairs)),
        el('td', { class: result.low > 0.5 ? 'better' : isNumber(result.high) && result.high < 0.5 ? 'worse' : null }, percent(result.win_rate, 1)),
        el('td', null, percent(result.low, 1) + ' – ' + percent(result.high, 1)), el('td', null, percent(result.agreeing, 1)),
        el('td', null, percent(result.first_share, 1)), el('td', null, percent(result.longer_share, 1)))))));
}

function environment(run) {
  return el('div', { class: 'two' },
    el('div', { class: 'card' }, el('h3', null, 'Configuration'), run.config ? el('pre', { tabindex: 0 }, run.config) : el('p', { class: 'about' }, 'unknown')),
    el('div', { class: 'card' }, el('h3', null, 'Environment'), el('table', { class: 'figures' },
      el('tbody', null, ...Object.entries(run.environment).map(([key, value]) => el('tr', null,
        el('th', { scope: 'row' }, key), el('td', null, value)))))));
}
