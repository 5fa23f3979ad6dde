// The demo's page: puts the phone, the group, a private chat with the bot and the pushes together, shows what is broken and what waits.

import { el, find, reconcile, say, seconds, setUpViewer, show } from './dom.js';
import { Group } from './group.js';
import { Phone } from './phone.js';
import { PrivateChat } from './private.js';
import { setUpPushes } from './pushes.js';
import { world } from './world.js';

const stage = find('#stage');
const narrow = matchMedia('(max-width: 899px)');
const shown = (tab) => !narrow.matches || stage.dataset.tab === tab;

setUpViewer();
setUpPushes();
const group = new Group({ onScreen: () => shown('group'), badge: (count) => drawBadge('#group-badge', count, 'new') });
const bot = new PrivateChat({ onScreen: () => shown('private'), badge: (count) => drawBadge('#private-badge', count, 'new') });
const phone = new Phone({ onScreen: () => shown('phone'), badge: (count) => drawBadge('#tab-badge', count, 'unread') });
setUpTabs();
setUpFaults();
world.start();

function drawBadge(id, count, word) {
  const badge = find(id);
  show(badge, count > 0);
  badge.replaceChildren(count > 99 ? '99+' : String(count), el('span', { class: 'vh' }, ` ${word}`));
}

function setUpTabs() {
  const look = () => {
    phone.look();
    group.look();
    bot.look();
  };
  for (const button of document.querySelectorAll('.tabs button')) {
    button.addEventListener('click', () => {
      stage.dataset.tab = button.dataset.tab;
      for (const other of document.querySelectorAll('.tabs button')) {
        if (other === button) other.setAttribute('aria-current', 'true');
        else other.removeAttribute('aria-current');
      }
      look();
    });
  }
  narrow.addEventListener('change', look);
}

function setUpFaults() {
  for (const button of document.querySelectorAll('#faults button[data-part]')) {
    button.addEventListener('click', async () => {
      const { part, to } = button.dataset;
      await world.act('faults', { [part]: to }).catch((error) => reasons([[error.message, 'page']]));
    });
  }
  world.addEventListener('state', drawFaults);
  world.addEventListener('ready', drawFaults);
}

function drawFaults() {
  for (const button of document.querySelectorAll('#faults button[data-part]')) {
    const { part, to } = button.dataset;
    button.setAttribute('aria-pressed', String(world.faults[part] === to));
  }
  const queue = world.ready?.queue ?? { waiting: 0, oldest_seconds: 0, dead: 0 };
  say(find('#queue-waiting'), String(queue.waiting));
  say(find('#queue-oldest'), seconds(queue.oldest_seconds));
  say(find('#queue-dead'), String(queue.dead));
  find('#queue').dataset.waiting = String(queue.waiting > 0);
  const parts = Object.entries(world.ready?.parts ?? {});
  reasons(parts.filter(([, part]) => part.reason).map(([name, part]) => [part.reason, name]));
  drawOverall();
  drawBanners(queue);
}

function reasons(all) {
  reconcile(find('#reasons'), all.map(([words, part]) => ({ key: words, signature: words, build: () => el('li', { 'data-part': part }, words) })));
}

function drawOverall() {
  const state = world.online === false ? 'gone' : (world.ready?.status ?? 'wait');
  const words = { ok: 'All parts work', degraded: 'Degraded', unavailable: 'Unavailable', gone: 'Server not reached', wait: 'Connecting' };
  find('#overall').dataset.state = state;
  say(find('#overall'), words[state] ?? state);
}

function drawBanners(queue) {
  const { telegram, fcm } = world.faults;
  const parts = world.ready?.parts ?? {};
  const waiting = queue.waiting > 0 ? ` ${queue.waiting} in the queue, the oldest for ${seconds(queue.oldest_seconds)}.` : '';
  const causes = {
    down: 'Telegram is down. Messages are accepted and wait.',
    429: 'Telegram answers 429, too many requests. Posts wait as long as it asks.',
    up: parts.telegram?.reason ? 'Telegram is up; Relaydesk has yet to reach it again.' : '',
  };
  const troubles = {
    down: 'FCM is down. Pushes wait and are tried again.',
    up: parts.push?.reason ? 'FCM is up; Relaydesk has yet to reach it again.' : '',
  };
  banner('#telegram-banner', causes[telegram], waiting, parts.telegram?.reason);
  banner('#fcm-banner', troubles[fcm], causes[telegram] ? '' : waiting, parts.push?.reason);
}

/** What was broken in our words, and below what the server makes of it. */
function banner(id, words, more, reason) {
  const node = find(id);
  show(node, words !== '');
  say(find('span', node), words === '' ? '' : words + more);
  say(find('small', node), reason ?? '');
}
