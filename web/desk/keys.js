// The keyboard: one letter each, never while one writes, never with a modifier, so that the browser's own keys stay.

import { find } from './dom.js';

const isWriting = (target) => target.closest('input, textarea, select, [contenteditable]') !== null;

export function watchKeys({ store, list, head, composer, card }) {
  const help = find('#help');
  find('#help-open').addEventListener('click', () => help.showModal());
  const keys = {
    j: () => list.step(1),
    k: () => list.step(-1),
    r: () => composer.write('reply'),
    n: () => composer.write('note'),
    t: () => head.take(),
    a: () => head.openAssign(),
    e: () => head.resolve(),
    i: () => card.toggle(),
    '/': () => find('#query').focus(),
    '?': () => help.showModal(),
  };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || find('dialog[open]')) return;
    if (event.key === 'Escape') {
      leave(event);
      return;
    }
    if (isWriting(event.target)) return;
    const act = keys[event.key] ?? (event.key.length === 1 ? keys[latin(event)] : undefined);
    if (!act) return;
    event.preventDefault();
    act();
  });

  /** From wherever one writes back to the list. */
  function leave(event) {
    if (event.target === find('#query') && find('#query').value !== '') {
      find('#query').value = '';
      store.setView({ q: '' }).catch(() => {});
    } else if (isWriting(event.target)) {
      list.focusOn(store.opened);
    }
  }
}

/** The letter on the key where another alphabet is switched on. */
function latin(event) {
  return event.code.startsWith('Key') && !event.shiftKey ? event.code.slice(3).toLowerCase() : '';
}
