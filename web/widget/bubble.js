// The bubble on somebody's page: one script, one element, nothing else of the page is touched.
//
// `script` is the script's own element; `texts` (by language) and `style` come from the server, which puts the parts together.

import { el, icon } from './make.js';
import { keep } from './calls.js';
import { Line } from './line.js';
import { Talk } from './conversation.js';

export function start(script, texts, style) {
  const asked = script.dataset;
  const base = new URL(script.src).origin;
  const wished = [asked.lang, document.documentElement.lang, ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  const lang = wished.find((tag) => texts[tag]) ?? 'en';
  const t = { ...texts[lang] };
  if (asked.title) t.title = asked.title;

  const host = el('relay-desk');
  const shadow = host.attachShadow({ mode: 'open' });
  dress(shadow, style);
  const badge = el('span', { class: 'badge', hidden: true });
  const launcher = el('button', { type: 'button', class: 'launcher', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', onclick: () => toggle() }, icon('chat'), icon('down'), badge);
  const status = el('p', { class: 'status', role: 'status' });
  const end = el('button', { type: 'button', class: 'round', 'aria-label': t.end, title: t.end, hidden: true, onclick: () => line.end() }, icon('end'));
  const close = el('button', { type: 'button', class: 'round', 'aria-label': t.close, title: t.close, onclick: () => toggle(false) }, icon('cross'));

  let talk;
  const changed = () => {
    talk?.render();
    draw();
  };
  const line = new Line({ base, lang, token: asked.token && (() => given(asked.token)), store: keep(`relaydesk ${base}`), changed });
  talk = new Talk({ line, t, lang });
  const panel = el('div', { class: 'panel', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'title', hidden: true, onkeydown: (event) => keys(event) },
    el('header', null, el('span', { class: 'face' }, icon('chat')), el('div', null, el('h2', { id: 'title' }, t.title), status), end, close), talk.root);
  const root = el('div', { class: 'rd', lang, 'data-theme': asked.theme }, panel, launcher);
  shadow.append(root);
  paint(root, asked.color);
  document.body.append(host);

  // The keyboard of a phone covers what is fixed to the page; this follows what is left.
  const view = window.visualViewport;
  const fit = () => panel.style.setProperty('--height', `${view.height}px`);
  view?.addEventListener('resize', fit);
  if (view) fit();
  // Events of the chat are none of the page's business: shortcuts of the page must not see what is typed.
  for (const name of ['keydown', 'keyup', 'keypress']) root.addEventListener(name, (event) => event.stopPropagation());
  document.addEventListener('visibilitychange', draw);
  draw();
  line.start();

  function toggle(open = panel.hidden) {
    panel.hidden = !open;
    root.classList.toggle('open', open);
    launcher.setAttribute('aria-expanded', open);
    draw();
    if (open) {
      talk.render();
      talk.focus();
    } else {
      launcher.focus();
    }
  }

  function draw() {
    const { unread } = line;
    if (!panel.hidden && document.visibilityState === 'visible') line.read();
    badge.hidden = unread === 0 || !panel.hidden;
    badge.textContent = unread > 9 ? '9+' : unread;
    const name = panel.hidden ? t.open : t.close;
    launcher.setAttribute('aria-label', badge.hidden ? name : `${name} (${unread} ${t.unread})`);
    end.hidden = !line.session || !line.active;
    const words = line.trouble || (line.live === false ? t.offline : line.typing ? t.typing : t.subtitle);
    if (status.textContent !== words) status.textContent = words;
    status.classList.toggle('bad', line.live === false);
  }

  function keys(event) {
    if (event.key === 'Escape') return toggle(false);
    if (event.key !== 'Tab') return;
    const all = [...panel.querySelectorAll('a[href], button, input, textarea, [tabindex], audio, video')].filter((one) => one.offsetParent);
    const [first, last] = event.shiftKey ? [all.at(-1), all[0]] : [all[0], all.at(-1)];
    if (shadow.activeElement !== last) return;
    event.preventDefault();
    first.focus();
  }
}

// A style sheet object passes where the page's policy forbids style elements.
function dress(shadow, style) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.append(el('style', null, style));
  }
}

// The token itself, or the name of a function of the page that gives one.
async function given(token) {
  try {
    const named = token.split('.').reduce((from, name) => from?.[name], window);
    return typeof named === 'function' ? await named() : token;
  } catch {
    return null;
  }
}

// The page's colour, and black or white on it, whichever is read more easily.
function paint(root, color) {
  if (!color || !CSS.supports('color', color)) return;
  root.style.setProperty('--accent', color);
  const pen = document.createElement('canvas').getContext('2d');
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = [...pen.getImageData(0, 0, 1, 1).data].map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  root.style.setProperty('--on-accent', 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff');
}
