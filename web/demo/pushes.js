// The pushes that came to FCM, newest first, each with its whole payload.

import { clock, el, find, reconcile, say, show } from './dom.js';
import { world } from './world.js';

export function setUpPushes() {
  world.addEventListener('state', draw);
}

function draw() {
  const { pushes } = world;
  const refused = pushes.filter((push) => !push.accepted).length;
  const counted = pushes.length === 1 ? '1 push' : `${pushes.length} pushes`;
  say(find('#push-count'), pushes.length === 0 ? 'none yet' : refused > 0 ? `${counted}, ${refused} refused` : counted);
  show(find('#no-pushes'), pushes.length === 0);
  reconcile(find('#push-list'), pushes.toReversed().map((push) => ({ key: push.key, signature: push.key, build: () => card(push) })));
}

function card(push) {
  const badge = push.badge === null ? null : el('span', { class: 'fact' }, `badge ${push.badge}`);
  const verdict = push.accepted ? el('span', { class: 'fact good' }, 'delivered') : el('span', { class: 'fact bad' }, push.error ?? 'refused');
  const payload = el('pre', { tabindex: '0', 'aria-label': 'Payload' }, JSON.stringify(push.message, null, 2));
  return el(
    'li',
    { class: 'push' },
    el('div', { class: 'push-head' }, el('strong', {}, push.title), verdict, badge, el('time', {}, clock(push.time))),
    el('p', { class: 'push-body', dir: 'auto' }, push.body),
    el('details', {}, el('summary', {}, 'Payload', el('span', { class: 'token' }, push.token)), payload),
  );
}
