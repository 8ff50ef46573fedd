// Figures over training tokens. Each takes a function that gives the run, so that a live page can
// hand it a newer one.

const TOKENS = 'training tokens';
const NATS = 'loss (nats per token)';

const pairs = points => points ? points.x.map((x, i) => [x, points.y[i]]) : [];
const stepOf = run => x => {
  const step = run().tokens_per_step > 0 ? Math.round(x / run().tokens_per_step) : null;
  return step == null ? '' : ` · step ${whole(step)}`;
};
const hasPoints = map => Object.values(map ?? {}).some(points => points.x.length > 0);

/** One curve per domain; pick gives the map of a run's points. */
function domainFigure(run, legend, parts, pick) {
  return legend.add(new Figure({
    x: TOKENS, stepOf: stepOf(run), ...parts,
    curves: mode => legend.curves(name => pick(run(), name, mode))
  }));
}

function lossFigures(run, legend) {
  const losses = (run, name) => pairs(at(run.held_out.loss, name));
  const perplexities = (run, name) => losses(run, name).map(([x, y]) => [x, Math.exp(y)]);
  return [
    domainFigure(run, legend, {
      title: 'Held-out loss per domain', y: NATS,
      about: 'How well the model predicts text it never trained on. Lower is better; a curve that rises is a domain that pruning hurts.'
    }, losses),
    domainFigure(run, legend, {
      title: 'Held-out perplexity per domain', y: 'perplexity',
      about: 'The same as a number of equally likely next tokens, e to the power of the loss. Lower is better.',
      option: (curves, option) => steep(curves) ? { yAxis: { ...option.yAxis, type: 'log', name: 'perplexity (log scale)' } } : {}
    }, perplexities),
    trainingLoss(run, legend)
  ];
}

/** Whether only a logarithmic axis shows all of the curves. */
function steep(curves) {
  let low = Infinity;
  let high = 0;
  for (const curve of curves) {
    for (const [, y] of curve.points) {
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
  }
  return high > 60 * low;
}

function trainingLoss(run, legend) {
  return legend.add(new Figure({
    title: 'Training loss', x: TOKENS, y: NATS, stepOf: stepOf(run), wide: true,
    modes: ['Batch', 'Per domain', ...(run().training.distillation_loss.x.length ? ['From the teacher'] : [])],
    about: 'Loss of each step’s batch: the faint line spans the lowest and highest values, the strong one is a running mean.',
    curves: mode => mode === 1 ? legend.curves(name => pairs(at(run().training.domain_loss, name)))
      .map(curve => ({ ...curve, width: 1 }))
      : mode === 2 ? noisy('distillation loss', pairs(run().training.distillation_loss)) : noisy('batch loss', pairs(run().training.loss))
  }));
}

/** A noisy curve, faint, and its running mean. */
function noisy(name, points, color = theme().accent) {
  if (points.length < 60) return [{ name, color, points }];
  return [
    { name, color, points, width: 1, opacity: 0.35 },
    { name: name + ', running mean', color, points: runningMean(points), width: 2 }
  ];
}

function runningMean(points) {
  const reach = Math.max(2, Math.round(points.length / 60));
  const sums = [0];
  for (const [, y] of points) sums.push(sums.at(-1) + y);
  return points.map(([x], i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(points.length, i + reach + 1);
    return [x, (sums[to] - sums[from]) / (to - from)];
  });
}

function column(rows, name) {
  const values = at(rows.columns, name) ?? [];
  return rows.x.map((x, i) => [x, values[i] ?? null]);
}

function dataFigures(run, legend) {
  const weighting = run => run.weighting;
  const figures = [];
  if (run().weighting.weights.x.length) {
    figures.push(weightsFigure(run, legend), domainFigure(run, legend, {
      title: 'Weight against reference proportion', y: 'weight ÷ reference proportion', format: y => significant(y) + ' ×',
      about: 'Above 1 a domain gets more of the data than its reference proportion, because it is worse off than the others.',
      option: curves => ({ series: [...curves.map(curve => line(curve, { step: 'end' })), levelLine(1)] })
    }, (run, name) => ratio(column(weighting(run).weights, name), column(weighting(run).proportions, name))));
  }
  if (hasPoints(run().weighting.excess)) {
    figures.push(domainFigure(run, legend, {
      title: 'Excess over the reference loss', y: 'excess ' + NATS,
      about: 'Held-out loss minus the loss the domain could reach. The largest excess draws the most data; 0 means the reference is reached.',
      option: curves => ({ series: [...curves.map(curve => line(curve)), levelLine(0)] })
    }, (run, name) => pairs(at(weighting(run).excess, name))));
  }
  if (hasPoints(run().held_out.epochs)) {
    figures.push(domainFigure(run, legend, {
      title: 'Epochs per domain', y: 'epochs of the domain’s data',
      about: 'How often each domain’s data has been used. Many epochs invite memorising: give that domain more data.'
    }, (run, name) => pairs(at(run.held_out.epochs, name))));
  }
  return figures;
}

const levelLine = y => ({
  type: 'line', data: [], silent: true,
  markLine: { silent: true, symbol: 'none', label: { show: false }, data: [{ yAxis: y }], lineStyle: { color: theme().text, type: [3, 3], width: 1 } }
});

function ratio(over, under) {
  const below = new Map(under);
  return over.map(([x, y]) => [x, below.get(x) > 0 && y != null ? y / below.get(x) : null]).filter(([, y]) => y != null);
}

function weightsFigure(run, legend) {
  return legend.add(new Figure({
    title: 'Weights per domain', x: TOKENS, y: 'share of the training data', stepOf: stepOf(run),
    format: y => percent(y, 1), tick: y => percent(y), modes: ['Weights', 'Reference proportion'],
    about: 'The share of the data each domain gets. Dashed: where the borders would lie with the reference proportions.',
    curves: mode => legend.curves(name => column(run().weighting[mode === 1 ? 'proportions' : 'weights'], name)),
    option: (curves, option, mode) => ({
      yAxis: { ...option.yAxis, scale: false, min: 0, max: legend.hidden.size ? null : 1 },
      series: [
        ...stacked(curves).map((data, i) => line(curves[i], {
          data, step: 'end', areaStyle: { color: curves[i].color, opacity: 1, origin: 'start' }, z: 2 + (curves.length - i) / 100,
          lineStyle: { width: 0.5, color: theme().card }, showSymbol: false
        })),
        ...(mode === 1 ? [] : borders(curves, run().weighting.proportions))
      ]
    })
  }));
}

/**
 * Points [x, sum up to this curve, own value]. The chart library stacks along a category axis only,
 * so the areas reach down to the axis and the lower ones are drawn over the higher ones.
 */
function stacked(curves) {
  const sums = [];
  return curves.map(curve => curve.points.map(([x, y], i) => [x, sums[i] = (sums[i] ?? 0) + (y ?? 0), y]));
}

/** The upper borders of the stacked reference proportions. */
function borders(curves, proportions) {
  const sums = proportions.x.map(() => 0);
  return curves.slice(0, -1).map(curve => {
    const values = at(proportions.columns, curve.name) ?? [];
    const data = proportions.x.map((x, i) => [x, sums[i] += values[i] ?? 0]);
    return {
      type: 'line', data, step: 'end', showSymbol: false, silent: true, tooltip: { show: false }, z: 5,
      lineStyle: { color: theme().text, width: 1, type: [4, 3], opacity: 0.75 }
    };
  });
}

/** A domain's held-out losses, the curve fitted to them, and what it predicts for the end. */
function fitFigure(run, legend, name, index) {
  const fit = () => at(run().weighting.fits, name);
  const losses = () => pairs(at(run().held_out.loss, name));
  const reference = () => pairs(at(run().weighting.reference_loss, name));
  const figure = new Figure({
    title: name, x: TOKENS, y: NATS, stepOf: stepOf(run), about: fit() ? fitWords(fit().fit) : 'no curve yet',
    curves: () => {
      const highest = Math.max(...losses().map(point => point[1])) + 0.2;
      const curve = pairs(fit()?.curve).filter(point => point[1] <= highest);
      return [
        { name: 'held-out loss', color: colour(index), points: losses() },
        { name: 'fitted curve', color: theme().text, points: curve },
        { name: 'reference loss', color: theme().soft, dash: true, points: reference() },
        { name: 'prediction for the end', color: theme().bad, points: fit() ? [[fit().end_x, fit().fit.prediction]] : [] }
      ];
    },
    option: ([observed, curve, level, end]) => ({
      series: [
        { ...line(observed), type: 'scatter', symbolSize: 4, silent: true },
        line(curve, { showSymbol: false }),
        line(level, { showSymbol: false, step: 'end' }),
        { ...line(end), type: 'scatter', symbolSize: 8, silent: true },
        ...(fit() ? confidence(fit(), curve) : [])
      ]
    })
  });
  figure.refreshWords = () => figure.node.querySelector('.about').textContent = fit() ? fitWords(fit().fit) : 'no curve yet';
  return figure;
}

function fitWords(fit) {
  const range = `${significant(fit.low)} to ${significant(fit.high)}`;
  if (!fit.determined) return 'not determined by its points; lowest loss seen: ' + significant(fit.prediction);
  if (fit.prediction < fit.low) return `ends at ${range}; reference capped at the lowest loss seen, ${significant(fit.prediction)}`;
  return `predicts ${significant(fit.prediction)} (${range}), ${whole(fit.points)} points`;
}

function confidence(fit, curve) {
  const c = theme();
  const bar = { type: 'line', silent: true, tooltip: { show: false }, itemStyle: { color: c.bad } };
  const last = curve.points.at(-1);
  const { low, high, prediction } = fit.fit;
  const end = prediction < low && isNumber(high) ? (low + high) / 2 : prediction;
  const ahead = last && last[0] < fit.end_x ? [last, [fit.end_x, end]] : [];
  return [
    { ...bar, data: ahead, showSymbol: false, lineStyle: { color: c.text, type: [2, 4], width: 1.5 } },
    {
      ...bar, data: isNumber(low) && isNumber(high) ? [[fit.end_x, low], [fit.end_x, high]] : [], symbol: 'rect', symbolSize: [11, 2],
      showSymbol: true, lineStyle: { color: c.bad, width: 2 }
    }
  ];
}

const fitKey = () => el('p', { class: 'key' },
  el('span', null, dotSwatch(theme().accent), 'held-out loss (in the domain’s colour)'),
  el('span', null, swatch(theme().text), 'fitted curve, dotted towards the end'),
  el('span', null, swatch(theme().soft, true), 'reference loss'),
  el('span', null, dotSwatch(theme().bad), 'prediction for the end of the run, with its confidence interval'));

function dotSwatch(color) {
  const mark = el('span', { class: 'swatch dot', 'aria-hidden': 'true' });
  mark.style.background = color;
  return mark;
}

function sparsityFigure(run, legend) {
  return legend.add(new Figure({
    title: 'Expected against target sparsity', x: TOKENS, y: 'sparsity (share removed)', stepOf: stepOf(run), wide: true,
    format: y => percent(y, 1), tick: y => percent(y),
    about: 'The share that the masks expect to remove (solid) and what was asked for at that step (dashed). The two should meet well before the end.',
    curves: () => {
      const { expected, target } = run().sparsity;
      const shown = legend.curves(name => pairs(at(expected, name)));
      return [...shown.map(curve => ({ ...curve, dash: false, name: curve.name + ', expected' })),
        ...shown.map(curve => ({ ...curve, dash: true, width: 1.3, name: curve.name + ', target', points: pairs(at(target, curve.name)) }))];
    }
  }));
}

function healthFigures(run) {
  const figure = (title, y, about, key, more) => new Figure({
    title, x: TOKENS, y, about, stepOf: stepOf(run), curves: () => noisy(title.toLowerCase(), pairs(run().training[key])), ...more
  });
  return [
    figure('Throughput', 'training tokens per second', 'A drop that stays is worth a look: another process, slow storage, heat.', 'tokens_per_second',
      { format: y => short(y) }),
    figure('Learning rate', 'learning rate', 'The schedule of the weights’ learning rate.', 'learning_rate',
      { curves: () => [{ name: 'learning rate', color: theme().accent, points: pairs(run().training.learning_rate) }], tick: y => significant(y, 2) }),
    figure('Gradient norm', 'gradient norm, before clipping', 'Spikes are normal; a norm that keeps growing is not.', 'gradient_norm')
  ];
}

/** The same curve of several runs. */
function overlay(runs, legend, parts, pick) {
  return legend.add(new Figure({
    x: TOKENS, ...parts,
    curves: () => legend.curves((name, i) => pick(runs()[i])).map(curve => ({ ...curve, width: 2 }))
  }));
}
