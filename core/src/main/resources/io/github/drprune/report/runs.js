// The list of a folder's runs.

let model = readModel();
const chosen = new Set();

function choose(id, checked) {
  if (checked) chosen.add(id);
  else chosen.delete(id);
  document.getElementById('compare').disabled = chosen.size < 2;
}

function row(run) {
  const progress = run.steps > 0 ? `${whole(run.step)} of ${whole(run.steps)}` : whole(run.step);
  return el('tr', null,
    el('td', null, el('input', { type: 'checkbox', name: 'run', value: run.id, 'aria-label': 'Compare ' + run.name, checked: chosen.has(run.id), onchange: event => choose(run.id, event.target.checked) })),
    el('th', { scope: 'row', class: 'name', title: run.name }, el('a', { href: 'view?run=' + encodeURIComponent(run.id) }, run.name)),
    el('td', null, el('span', { class: 'pill ' + run.state }, STATE_WORDS[run.state])),
    el('td', null, progress), el('td', null, run.written.replace('T', ' ').replace('Z', ' UTC')));
}

function show() {
  const focused = document.activeElement;
  const [name, value, href] = [focused?.name, focused?.value, focused?.getAttribute?.('href')];
  document.getElementById('none').hidden = model.runs.length > 0;
  document.getElementById('runs').replaceChildren(
    el('thead', null, el('tr', null, ...['', 'Run', 'State', 'Step', 'Last written'].map((text, i) => el('th', { scope: 'col', class: i === 1 ? 'name' : null }, text)))),
    el('tbody', null, ...model.runs.map(row)));
  const again = [...document.querySelectorAll('#runs input, #runs a')].find(node => href ? node.getAttribute('href') === href : node.name === name && node.value === value && name);
  again?.focus();
}

show();
follow('events', {
  runs: next => {
    model = next;
    show();
  }
}, document.getElementById('connection'));
document.body.dataset.ready = 'true';
