// The devices of one contact, and why the last push did not arrive.

import { get, query } from './api.js';
import { el, icon } from './dom.js';
import { t, wholeTime } from './i18n.js';

// Who was looked for stays while other parts are looked at.
let wanted = '';

export async function load() {
  if (!wanted) return { contacts: null };
  const { results } = await get(`/api/user/users/${query({ user_id: wanted })}`);
  const contacts = await Promise.all(results.map(({ id }) => get(`/support/contacts/${id}/`)));
  return { contacts };
}

function device({ platform, last_error: error, refreshed_at: refreshed }) {
  return el('tr', {}, el('td', {}, platform), el('td', {}, wholeTime(new Date(refreshed))),
    el('td', {}, error ? el('span', { class: 'wrong' }, error) : el('span', { class: 'tag good' }, t('admin-device-fine'))));
}

function card(contact) {
  const name = contact.name || contact.user_id;
  const devices = contact.devices ?? [];
  return el('section', { class: 'card', 'aria-label': name },
    el('h2', {}, name, ' ', contact.is_blocked && el('span', { class: 'tag bad' }, t('admin-blocked'))),
    el('p', { class: 'hint' }, [contact.user_id, contact.channel, contact.email, contact.language].filter(Boolean).join(' · ')),
    devices.length === 0 ? el('p', { class: 'empty' }, t('admin-devices-none'))
      : el('div', { class: 'scrolls', tabindex: '0', role: 'region', 'aria-label': t('admin-devices') }, el('table', {},
        el('thead', {}, el('tr', {}, ['platform', 'refreshed', 'push'].map((column) => el('th', { scope: 'col' }, t(`admin-device-${column}`))))),
        el('tbody', {}, devices.map(device)))));
}

export function draw({ contacts }, desk) {
  const input = el('input', { id: 'contact', type: 'search', maxlength: 128, autocomplete: 'off', spellcheck: 'false', autocapitalize: 'none', 'data-focus': 'contact' });
  input.value = wanted;
  const form = el('form', { class: 'inline', role: 'search', onsubmit: (event) => {
    event.preventDefault();
    wanted = input.value.trim();
    desk.again();
  } }, el('div', { class: 'field grow' }, el('label', { for: 'contact' }, t('admin-contact')), input),
    el('button', { class: 'solid', 'data-focus': 'look' }, icon('search'), t('admin-search')));
  const result = contacts === null ? el('p', { class: 'empty' }, t('admin-devices-ask'))
    : contacts.length === 0 ? el('p', { class: 'empty', role: 'status' }, t('admin-contact-none', { id: wanted }))
      : el('div', { class: 'cards' }, contacts.map(card));
  return { content: el('div', {}, form, result) };
}
