// Small pieces every page uses: elements, icons, keyed lists, notices. Text becomes text nodes, never markup.

import { wholeTime } from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element with attributes (`on…`: listeners) and children; what is null, undefined or false is left out. */
export function el(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'class') node.className = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
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

export const time = (at, shown) => el('time', { datetime: at.toISOString(), title: wholeTime(at) }, shown);

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/** Writes only what differs, so that live regions speak once. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The letters of a name, and a colour that stays the same for the same name. */
export function avatar(name, extra = '') {
  const letters = [...name.matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => [...word][0]);
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 8;
  return el('span', { class: `avatar ${extra}`.trim(), 'data-hue': hue, 'aria-hidden': 'true' }, letters.slice(0, 2).join('').toUpperCase() || '?');
}

const signatures = new WeakMap();

/** Makes a list's children match `entries` ({key, signature, build}); unchanged ones stay untouched. */
export function reconcile(list, entries) {
  const known = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let before = list.firstElementChild;
  for (const entry of entries) {
    const key = String(entry.key);
    const old = known.get(key);
    known.delete(key);
    if (old && signatures.get(old) === entry.signature) {
      if (old === before) before = old.nextElementSibling;
      else list.insertBefore(old, before);
      continue;
    }
    const fresh = entry.build();
    fresh.dataset.key = key;
    signatures.set(fresh, entry.signature);
    if (old === before) before = old?.nextElementSibling ?? null;
    list.insertBefore(fresh, before);
    if (old?.contains(document.activeElement)) {
      // Whoever stands on the old one stands on the new one.
      const inside = document.activeElement === old ? fresh : fresh.querySelector('button, a, [tabindex]');
      old.remove();
      inside?.focus({ preventScroll: true });
    } else {
      old?.remove();
    }
  }
  for (const gone of known.values()) gone.remove();
}

/** A line that appears, is read out, and goes by itself. */
export function notice(text, kind = 'info') {
  const place = find('#notices');
  if (!place) return;
  const line = el('p', { class: `notice ${kind}` }, text);
  place.append(line);
  setTimeout(() => line.remove(), kind === 'bad' ? 9000 : 5000);
}

/** Menus made of `<details>`: one open at a time, closed by Escape, by a choice and by a click elsewhere. */
export function watchMenus() {
  const close = (except) => all('details.menu[open]').forEach((menu) => menu !== except && (menu.open = false));
  document.addEventListener('click', (event) => {
    const menu = event.target.closest('details.menu');
    close(menu);
    if (menu && event.target.closest('[data-closes]')) menu.open = false;
  });
  document.addEventListener('keydown', (event) => {
    const open = find('details.menu[open]');
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation();
    open.open = false;
    find('summary', open).focus();
  }, true);
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Runs `act` once the calls have paused for `ms`. */
export function later(ms, act) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), ms);
  };
}
