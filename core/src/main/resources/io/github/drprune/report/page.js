// Puts the page together and keeps a live one up to date.

let model = readModel();
let selected = 0;
let parts = [];

const runs = () => model.runs;
const run = () => model.runs[selected];

/** What decides which figures there are; while it stays, new values go into the old figures. */
const structure = () => JSON.stringify([selected, runs().map(run => [run.id, run.state === 'empty', run.domains]), Object.keys(run().sparsity.expected),
  run().sparsity.maps.map(map => [map.module, map.cut, map.units_per_cell, map.cells.length]), Object.keys(run().weighting.fits),
  run().weighting.weights.x.length > 0, hasPoints(run().weighting.excess), hasPoints(run().held_out.loss), hasPoints(run().held_out.epochs),
  run().training.loss.x.length > 0, run().shapes.map(shape => shape.role), run().config]);
let built = '';

function part(make) {
  const node = el('div');
  const refresh = () => node.replaceChildren(make() ?? '');
  refresh();
  parts.push(refresh);
  return node;
}

function header() {
  const current = run();
  const bar = el('div', { class: 'bar' }, model.live ? el('a', { class: 'brand', href: './' }, 'drprune') : el('span', { class: 'brand' }, 'drprune'),
    el('h1', null, runs().map(run => run.name).join(' · ')));
  if (runs().length === 1) bar.append(el('span', { class: 'pill ' + current.state, id: 'state' }, STATE_WORDS[current.state]));
  if (model.live) bar.append(connection);
  document.getElementById('top').replaceChildren(bar, ...(runs().length === 1 ? [progress(current)] : []), navigation());
}

const connection = el('span', { class: 'pill', role: 'status', id: 'connection' });

function progress(run) {
  const share = run.steps > 0 ? Math.min(1, run.step / run.steps) : 0;
  const bar = el('div');
  bar.style.width = 100 * share + '%';
  const words = run.state === 'empty' ? '' : `step ${whole(run.step)}` + (run.steps > 0 ? ` of ${whole(run.steps)}` : '') +
    (isNumber(run.seconds) && run.seconds > 0 ? ` · ${duration(run.seconds)}` : '') + (run.started ? ` · started ${run.started.replace('T', ' ').replace(/(:\d\d)?(\.\d+)?Z$/, '')} UTC` : '');
  return el('div', null, el('div', { class: 'progress ' + run.state, role: 'progressbar', 'aria-label': 'Steps done', 'aria-valuenow': Math.round(100 * share), 'aria-valuemin': 0, 'aria-valuemax': 100 }, bar),
    el('p', { class: 'about', id: 'step' }, words));
}

function navigation() {
  return el('nav', { 'aria-label': 'Sections' }, ...[...document.querySelectorAll('main h2')].map(title => el('a', { href: '#' + title.id }, title.textContent)));
}

function section(id, title, lead, ...content) {
  return el('section', { 'aria-labelledby': id }, el('h2', { id }, title), lead && el('p', { class: 'lead' }, lead), ...content);
}

const grid = (list, kind = '') => el('div', { class: 'grid ' + kind }, ...list.map(figure => figure.node));

function build() {
  for (const figure of [...figures]) figure.remove();
  parts = [];
  built = structure();
  const main = document.getElementById('main');
  main.replaceChildren(...(runs().length > 1 ? comparison() : []), ...(model.tasks ? [downstream()] : []), ...(model.judged.length ? [judged()] : []), ...single());
  header();
}

function comparison() {
  const legend = new Legend(runs().map(run => run.name), 'Runs');
  const domains = [...new Set(runs().flatMap(run => run.domains))];
  return [section('compare', 'Runs side by side', 'The last held-out loss of every run, and how far it is from the first. Lower is better; bold is best.',
    part(() => comparisonTable(model.comparison))),
  section('compare-curves', 'Curves of all runs', 'Press a name to hide or show a run.', legend.node, grid([
    overlay(runs, legend, { title: 'Mean held-out loss', y: NATS, about: 'The unweighted mean over domains.' }, run => pairs(run.held_out.mean)),
    overlay(runs, legend, { title: 'Worst domain', y: NATS, about: 'The loss of the domain that is worst at each evaluation.' }, run => pairs(run.held_out.worst)),
    overlay(runs, legend, { title: 'Throughput', y: 'training tokens per second', about: 'Running mean.' }, run => runningMean(pairs(run.training.tokens_per_second))),
    overlay(runs, legend, { title: 'Training loss', y: NATS, about: 'Running mean.' }, run => runningMean(pairs(run.training.loss)))]),
  el('h3', { class: 'between' }, 'Held-out loss per domain'),
  grid(domains.map(domain => overlay(runs, legend, { title: domain, y: NATS }, run => pairs(at(run.held_out.loss, domain)))), 'small')),
  el('section', { 'aria-labelledby': 'each' }, el('h2', { id: 'each' }, 'One run in full'), runTabs())];
}

function downstream() {
  return section('tasks', 'Downstream tasks', 'Scores with their standard errors. A difference has the error of two independent scores; since all models ' +
    'answered the same questions, it is rather smaller. Differences of more than two errors are coloured.', taskTable(model.tasks));
}

function judged() {
  return section('judged', 'Judged answers', 'Which of two answers to the same prompt a third model prefers, each pair shown in both orders; a tie counts as half. ' +
    'A judge that prefers the first or the longer answer in far from half of its verdicts is to be trusted less.', judgedTable(model.judged));
}

function runTabs() {
  return el('div', { class: 'choice tabs', role: 'group', 'aria-label': 'Run' }, ...runs().map((run, i) => el('button', {
    type: 'button', 'aria-pressed': String(i === selected),
    onclick: () => {
      const before = scrollY;
      selected = i;
      build();
      scrollTo(0, before);
      document.querySelector('.choice.tabs').children[i].focus();
    }
  }, run.name)));
}

function single() {
  const current = run();
  const sections = [section('summary', 'Summary', null, part(() => summary(run())))];
  const legend = new Legend(current.domains, 'Domains');
  if (current.shapes.length) sections.push(section('shapes', 'Shapes', null, part(() => shapeTable(run()))));
  if (current.domains.length) sections.push(section('domains', 'Domains', 'Held-out losses are in nats per token; perplexity is e to the power of the loss. Proportion and weight are shares of the training data.', part(() => domainTable(run()))));
  if (current.training.loss.x.length || hasPoints(current.held_out.loss)) {
    const data = dataFigures(run, legend);
    sections.push(el('div', null, legend.node,
      section('losses', 'Losses', 'Press a domain above to hide or show it in all charts; double-press to see it alone.', grid(lossFigures(run, legend))),
      data.length > 0 && section('data', 'Where the data goes', 'The weights follow the domains that are furthest above their reference loss.', grid(data))));
  }
  const fitted = current.domains.filter(name => at(current.weighting.fits, name));
  if (fitted.length) sections.push(fits(fitted, legend));
  const modules = Object.keys(current.sparsity.expected);
  if (modules.length) {
    const modulesLegend = new Legend(modules, 'Modules');
    sections.push(section('sparsity', 'Sparsity', null, modulesLegend.node, grid([sparsityFigure(run, modulesLegend)])));
  }
  if (current.sparsity.maps.length) sections.push(kept());
  if (current.training.loss.x.length) sections.push(section('health', 'Health of the run', null, grid(healthFigures(run), 'small')));
  if (current.state !== 'empty') sections.push(section('configuration', 'Configuration and environment', null, environment(current)));
  return sections;
}

function fits(names, legend) {
  const list = names.map(name => fitFigure(run, legend, name, run().domains.indexOf(name)));
  parts.push(() => list.forEach(figure => figure.refreshWords()));
  return section('curves', 'Reference losses and their curves',
    'A scaling law fitted to each domain’s held-out losses predicts where the loss will end; that prediction is the domain’s reference loss.',
    coloured(fitKey), grid(list, 'small'));
}

function kept() {
  const list = [...run().sparsity.maps].sort((a, b) => b.rows.length - a.rows.length).map(map => heatFigure(run, map.module));
  parts.push(() => list.forEach(figure => figure.refreshWords()));
  return section('kept', 'What is kept', 'Every cell is a unit of the source model, or a few neighbouring ones.', coloured(heatKey), grid(list));
}

/** Content that follows the colours. */
function coloured(make) {
  const node = el('div', null, make());
  document.addEventListener('colours', () => node.replaceChildren(make()));
  return node;
}

function update() {
  if (structure() !== built) {
    const before = scrollY;
    build();
    scrollTo(0, before);
    return;
  }
  for (const refresh of parts) refresh();
  for (const figure of figures) figure.update();
  header();
}

function footer() {
  document.getElementById('bottom').replaceChildren(el('p', null, model.live ? 'Live: this page follows the run.' : `Made ${model.generated.replace('T', ' ').replace('Z', ' UTC')} from metrics.jsonl. Curves of many points are thinned; their minima and maxima are kept.`));
}

/** What the server says at once of each run: its step and state, ahead of the curves. */
function status(statuses) {
  statuses.forEach(({ step, state }, i) => {
    if (runs()[i]) Object.assign(runs()[i], { step, state });
  });
  header();
}

/** Fetches the model anew when the server says that it changed, and rests in between. */
function live() {
  let wanted = false;
  let busy = false;
  const refresh = async () => {
    if (busy || !wanted || document.hidden) return;
    busy = true;
    wanted = false;
    const begun = performance.now();
    try {
      const answer = await fetch('model.json' + location.search);
      if (!answer.ok) throw new Error(answer.statusText);
      model = await answer.json();
      update();
    } catch {
      // The server is away; its next status asks again.
    }
    const rest = Math.min(1000, Math.max(200, 2 * (performance.now() - begun)));
    setTimeout(() => {
      busy = false;
      refresh();
    }, rest);
  };
  document.addEventListener('visibilitychange', refresh);
  follow('events' + location.search, {
    status: statuses => {
      status(statuses);
      wanted = true;
      refresh();
    }
  }, connection);
}

build();
footer();
if (model.live) live();
document.body.dataset.ready = 'true';
performance.mark('ready');
