// Elements and words. Text from a run reaches the page only through textContent and attributes.

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child != null && child !== false));
  return node;
}

/** The value of an own key: a domain may be called "constructor". */
function at(map, key) {
  return map && Object.hasOwn(map, key) ? map[key] : undefined;
}

const isNumber = value => typeof value === 'number' && Number.isFinite(value);

function significant(value, digits = 3) {
  if (!isNumber(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(digits - 1).replace('e+', 'e');
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(digits);
}

/** 12,300,000 as "12.3 M". */
function short(value) {
  if (!isNumber(value)) return '–';
  for (const [unit, letter] of [[1e12, ' T'], [1e9, ' B'], [1e6, ' M'], [1e3, ' k']]) {
    if (Math.abs(value) >= unit) return String(+(value / unit).toPrecision(3)) + letter;
  }
  return String(+value.toPrecision(3));
}

const whole = value => isNumber(value) ? Math.round(value).toLocaleString('en-US') : '–';
const percent = (value, digits = 0) => isNumber(value) ? (100 * value).toFixed(digits) + '\u00a0%' : '–';
const signed = (value, digits = 3) =>
  isNumber(value) ? (value > 0 ? '+' : value < 0 ? '−' : '') + Math.abs(value).toFixed(digits) : '–';

function duration(seconds) {
  if (!isNumber(seconds)) return '–';
  const s = Math.round(seconds);
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min ' + s % 60 + ' s';
  if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' days ' + Math.floor(s % 86400 / 3600) + ' h';
}

const STATE_WORDS = {
  empty: 'nothing written yet', running: 'running', done: 'done', interrupted: 'interrupted',
  failed: 'failed', stale: 'stale: no longer writing'
};

const readModel = () => JSON.parse(document.getElementById('model').textContent);

/** Follows server-sent events; reconnecting is the browser's work. */
function follow(url, names, pill) {
  const source = new EventSource(url);
  const say = (text, kind) => {
    pill.textContent = text;
    pill.className = 'pill ' + kind;
  };
  source.onopen = () => say('live', 'live');
  source.onerror = () => say('connection lost, trying again', 'lost');
  for (const [name, handle] of Object.entries(names)) {
    source.addEventListener(name, event => handle(JSON.parse(event.data)));
  }
  return source;
}
