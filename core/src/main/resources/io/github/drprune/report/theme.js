// Colours of charts. Ten hues that keep apart for most colour-blind readers; the next ten are
// lighter or darker and dashed, so that no two domains share both colour and stroke.

const LIGHT = {
  text: '#1b2330', soft: '#556070', line: '#dde2e9', card: '#ffffff', accent: '#1f5fa8', bad: '#b3261e',
  ramp: ['#eef1f5', '#9cc0e6', '#1f5fa8'],
  hues: ['#2a66b1', '#d65f00', '#1f8a4c', '#c0282d', '#7a4fb0', '#8a5a3c', '#c83f8f', '#77771c', '#0f8aa3', '#5c6878',
    '#7fa9dd', '#eda55f', '#79c196', '#e58a86', '#b79bdb', '#c19f88', '#e99bc8', '#b4b45a', '#73c2d1', '#a3acb8']
};
const DARK = {
  text: '#e6eaf0', soft: '#a3adba', line: '#303945', card: '#1a2029', accent: '#7db4f0', bad: '#ff8f86',
  ramp: ['#262e39', '#3f6d9f', '#8cc0f7'],
  hues: ['#6ea8ee', '#f5964a', '#57bf80', '#f0716b', '#b18fe6', '#c79d7f', '#ee86c3', '#c7c75c', '#4cc3d9', '#aeb9c6',
    '#3f74b5', '#b3631f', '#2f8553', '#b2433f', '#7d5fb0', '#8d6850', '#b1508a', '#8b8b34', '#28859a', '#76818e']
};

const darkScreen = matchMedia('(prefers-color-scheme: dark)');
let printing = false;
const theme = () => darkScreen.matches && !printing ? DARK : LIGHT;

const colour = index => theme().hues[index % 20];
const dashed = index => index % 20 >= 10;

/** The mark of a series in a legend or tooltip. */
function swatch(color, dash) {
  const mark = el('span', { class: 'swatch' + (dash ? ' dashed' : ''), 'aria-hidden': 'true' });
  mark.style.borderTopColor = color;
  return mark;
}
