// The owners' page: one part at a time, chosen by the address. Each part is a module with `load` and `draw`.

import './page.js';
import { Failure, get } from './api.js';
import { all, el, find, icon, notice } from './dom.js';
import { t } from './i18n.js';
import * as agents from './admin_agents.js';
import * as canned from './admin_canned.js';
import * as categories from './admin_categories.js';
import * as devices from './admin_devices.js';
import * as hours from './admin_hours.js';
import * as jobs from './admin_jobs.js';

const PARTS = { agents, categories, canned, hours, devices, jobs };
const place = find('#part');
let turn = 0;

/** Every page of a list. */
async function whole(path) {
  const found = [];
  for (let page = 1; ; page += 1) {
    const { results, next } = await get(`${path}${path.includes('?') ? '&' : '?'}page=${page}&page_size=100`);
    found.push(...results);
    if (!next) return found;
  }
}

/** What a part works with: drawing anew, and doing something that may fail. */
function desk(name) {
  return {
    whole,
    again: () => open(name),
    async act(work, done) {
      try {
        await work();
        if (done) notice(done, 'good');
        return true;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        notice(error.message, 'bad');
        return false;
      } finally {
        open(name);
      }
    },
  };
}

async function open(name) {
  const part = PARTS[name];
  const mine = ++turn;
  const head = el('div', { class: 'part-head' }, el('div', {}, el('h1', {}, t(`admin-${name}`)), el('p', { class: 'hint' }, t(`admin-${name}-lead`))));
  const again = place.dataset.part === name;
  // A part that is drawn anew stays as it is until the new one is there.
  if (!again) place.replaceChildren(head, el('p', { class: 'empty', role: 'status' }, t('admin-loading')));
  place.dataset.part = name;
  const tools = desk(name);
  try {
    const found = await part.load(tools);
    if (mine !== turn) return;
    const { action, content } = part.draw(found, tools);
    if (action) head.append(action);
    const focused = document.activeElement?.dataset?.focus;
    place.replaceChildren(head, content);
    if (focused) find(`[data-focus="${CSS.escape(focused)}"]`, place)?.focus();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (mine !== turn) return;
    place.replaceChildren(head, el('div', { class: 'empty', role: 'alert' }, el('p', {}, error.message),
      el('button', { type: 'button', class: 'quiet', onclick: () => open(name) }, icon('reopen'), t('admin-again'))));
  }
}

function follow(event) {
  const wanted = location.hash.slice(1);
  const name = wanted in PARTS ? wanted : 'agents';
  for (const link of all('.parts a')) {
    if (link.hash === `#${name}`) {
      link.setAttribute('aria-current', 'page');
      // On a phone they are a row that is wider than the screen.
      link.scrollIntoView({ block: 'nearest', inline: 'center' });
    } else link.removeAttribute('aria-current');
  }
  document.title = `${t(`admin-${name}`)} · Relaydesk`;
  open(name);
  if (event) find('#main').focus({ preventScroll: true });
}

addEventListener('hashchange', follow);
follow();
