// Telegram's formatting, rebuilt element by element: nothing a text brings along gets into the page
// but these tags and http(s) links.

import { el } from './dom.js';

const KEPT = new Set(['B', 'I', 'U', 'S', 'CODE', 'PRE', 'BLOCKQUOTE', 'BR']);
// A post's mark is a link on one zero-width character: nothing to see, so nothing to focus either.
const INVISIBLE = /^[\u200b\u200c\u200d\u2060\ufeff\s]*$/;

/** The nodes of a formatted text. */
export function rich(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const fragment = document.createDocumentFragment();
  copy(parsed.body, fragment);
  return fragment;
}

function copy(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE) to.append(...kept(node));
  }
}

function kept(node) {
  const inner = document.createDocumentFragment();
  copy(node, inner);
  if (KEPT.has(node.tagName)) return [filled(el(node.tagName.toLowerCase()), inner)];
  if (node.tagName === 'A') return [link(node, inner)];
  if (node.tagName === 'SPAN') return [node.className === 'spoiler' ? spoiler(inner) : inner];
  return ['SCRIPT', 'STYLE', 'TEMPLATE'].includes(node.tagName) ? [] : [inner];
}

function filled(node, inner) {
  node.append(inner);
  return node;
}

function link(node, inner) {
  const address = node.getAttribute('href') ?? '';
  if (INVISIBLE.test(node.textContent) || !/^https?:\/\//i.test(address)) return inner;
  return filled(el('a', { href: address, target: '_blank', rel: 'noopener noreferrer' }), inner);
}

function spoiler(inner) {
  const hidden = el('button', { type: 'button', class: 'spoiler', 'aria-label': 'Show the spoiler' });
  const open = () => {
    const shown = el('span');
    shown.append(...hidden.childNodes);
    hidden.replaceWith(shown);
  };
  hidden.addEventListener('click', (event) => {
    event.stopPropagation();
    open();
  });
  return filled(hidden, inner);
}
