// Small pieces every part of the page uses: elements, icons, times, keyed lists, the photo viewer.

const SVG = 'http://www.w3.org/2000/svg';

export const find = (selector, root = document) => root.querySelector(selector);

/** An element with properties and children; children that are null are left out. */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Servers say `YYYY-MM-DD HH:MM:SS` in UTC; Telegram's sandbox says ISO. */
export function parseTime(text) {
  const bare = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text ?? '');
  const time = new Date(bare ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(time.getTime()) ? new Date() : time;
}

export const clock = (time) => time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

export function day(time) {
  const today = new Date();
  if (time.toDateString() === today.toDateString()) return 'Today';
  return time.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' });
}

export function seconds(count) {
  if (count < 60) return `${Math.round(count)} s`;
  if (count < 3600) return `${Math.floor(count / 60)} min ${Math.round(count % 60)} s`;
  return `${Math.floor(count / 3600)} h ${Math.floor((count % 3600) / 60)} min`;
}

export function bytes(count) {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${Math.round(count / 1024)} kB`;
  return `${(count / 1024 / 1024).toFixed(1)} MB`;
}

export function show(node, visible) {
  node.hidden = !visible;
}

/** Writes only what differs, so that live regions speak once. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const signatures = new WeakMap();

/** Makes a list's children match `entries` ({key, signature, build}); unchanged ones stay untouched. */
export function reconcile(list, entries) {
  const known = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let before = list.firstElementChild;
  for (const entry of entries) {
    const old = known.get(entry.key);
    known.delete(entry.key);
    if (old && signatures.get(old) === entry.signature) {
      if (old === before) before = old.nextElementSibling;
      else list.insertBefore(old, before);
      continue;
    }
    const fresh = entry.build();
    fresh.dataset.key = entry.key;
    signatures.set(fresh, entry.signature);
    if (old === before) before = old?.nextElementSibling ?? null;
    list.insertBefore(fresh, before);
    old?.remove();
  }
  for (const gone of known.values()) gone.remove();
}

const leftEnd = new WeakSet();
// Where a list was put last: as long as it is there, nobody has moved it.
const putAt = new WeakMap();

/** Who reads the end of a list goes on reading it when the list grows or its pane changes size. */
export function followEnd(scroll, list) {
  const note = () => {
    const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
    if (atEnd || scroll.scrollTop === putAt.get(scroll)) leftEnd.delete(scroll);
    else leftEnd.add(scroll);
  };
  // A size that changes moves the position too; only the reader's own moves count.
  for (const move of ['wheel', 'touchmove', 'keyup', 'pointerup', 'scrollend']) scroll.addEventListener(move, note, { passive: true });
  const observer = new ResizeObserver(() => !leftEnd.has(scroll) && goToEnd(scroll));
  observer.observe(scroll);
  observer.observe(list);
}

export function goToEnd(scroll) {
  leftEnd.delete(scroll);
  scroll.scrollTop = scroll.scrollHeight;
  putAt.set(scroll, scroll.scrollTop);
}

let opener = null;

export function setUpViewer() {
  const viewer = find('#viewer');
  find('#viewer-close').addEventListener('click', () => viewer.close());
  viewer.addEventListener('click', (event) => event.target === viewer && viewer.close());
  viewer.addEventListener('close', () => {
    find('#viewer-image').removeAttribute('src');
    opener?.focus();
  });
}

/** A thumbnail that opens the whole photo. */
export function photo(thumb, full, label) {
  const image = el('img', { src: thumb, alt: '', decoding: 'async' });
  const open = (event) => {
    event.stopPropagation();
    opener = event.currentTarget;
    const whole = find('#viewer-image');
    whole.src = full;
    whole.alt = label;
    find('#viewer').showModal();
  };
  return el('button', { type: 'button', class: 'photo', 'aria-label': `Open ${label}`, onclick: open }, image);
}

/** An id nobody else has; `randomUUID` exists on secure origins only. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0'));
  return hex.join('');
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
