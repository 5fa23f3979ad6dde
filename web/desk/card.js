// The contact's card beside a conversation: who it is, where they write from, their other tickets and devices, and
// whether they may write at all.

import { get, post } from './api.js';
import { avatar, el, find, icon, notice, show, time } from './dom.js';
import { brief, t, wholeTime } from './i18n.js';

/** From this width on there is place for three panes. */
const WIDE = matchMedia('(min-width: 1180px)');

export class Card {
  #store;
  #pane = find('#card');
  #contact = null;
  #wanted = WIDE.matches;

  constructor(store) {
    this.#store = store;
    store.addEventListener('open', () => this.#opened());
    store.addEventListener('ticket', ({ detail }) => detail === store.opened && this.#opened());
    find('#card-toggle').addEventListener('click', () => this.toggle());
    find('#card-close').addEventListener('click', () => this.toggle());
    this.#pane.addEventListener('keydown', (event) => event.key === 'Escape' && !WIDE.matches && this.toggle());
    WIDE.addEventListener('change', () => {
      this.#wanted = WIDE.matches;
      this.#drawPane();
    });
  }

  toggle() {
    if (!this.#store.ticket) return;
    this.#wanted = !this.#wanted;
    this.#drawPane();
    if (!this.#wanted) find('#card-toggle').focus();
    else if (!WIDE.matches) find('#card-close').focus();
  }

  #drawPane() {
    const open = this.#wanted && this.#store.ticket !== null;
    show(this.#pane, open);
    find('#main').toggleAttribute('data-card', open);
    find('#card-toggle').setAttribute('aria-expanded', String(open));
    if (open) this.#load();
  }

  #opened() {
    const id = this.#store.ticket?.user.id ?? null;
    if (id !== this.#contact?.id && !WIDE.matches) this.#wanted = false;
    if (id !== this.#contact?.id) {
      this.#contact = id === null ? null : { id };
      find('#card-body').replaceChildren();
    }
    this.#drawPane();
  }

  async #load() {
    const id = this.#contact?.id;
    if (!id) return;
    try {
      const contact = await get(`/support/contacts/${id}/`);
      if (this.#contact?.id !== id) return;
      this.#contact = contact;
      this.#draw(contact);
    } catch (error) {
      if (error.status !== 404) notice(error.message, 'bad');
    }
  }

  #draw(contact) {
    const ticket = this.#store.ticket;
    const name = contact.name || contact.username || contact.email || contact.user_id;
    const fact = (label, value) => value !== null && value !== undefined && value !== '' && el('div', {}, el('dt', {}, t(label)), el('dd', {}, value));
    const page = ticket?.page_url && /^https?:\/\//.test(ticket.page_url) && el('a', { href: ticket.page_url, target: '_blank', rel: 'noopener noreferrer' }, ticket.page_url);
    const rows = [
      el('div', { class: 'person' }, avatar(name, 'large'), el('div', {}, el('b', {}, name), el('p', { class: 'hint' }, t(`channel-${contact.channel}`))), contact.is_blocked && el('span', { class: 'tag bad' }, icon('block'), t('blocked'))),
      el('dl', { class: 'facts' },
        fact('fact-user-id', contact.user_id),
        fact('fact-email', contact.email && el('a', { href: `mailto:${contact.email}` }, contact.email)),
        fact('fact-username', contact.username && `@${contact.username}`),
        fact('fact-telegram', contact.telegram_id),
        fact('fact-language', contact.language),
        fact('fact-page', page),
        fact('fact-since', contact.created_at && wholeTime(new Date(contact.created_at)))),
      this.#tickets(contact.tickets ?? []),
      contact.devices && this.#devices(contact.devices),
      el('button', { type: 'button', class: contact.is_blocked ? 'quiet small' : 'quiet small bad', onclick: () => this.#block(contact) }, icon('block'), t(contact.is_blocked ? 'unblock' : 'block')),
    ];
    find('#card-body').replaceChildren(...rows.filter(Boolean));
  }

  #tickets(tickets) {
    const others = tickets.filter(({ id }) => id !== this.#store.opened);
    if (others.length === 0) return null;
    const item = (ticket) => el('li', {}, el('a', { href: `#${ticket.id}` }, el('span', {}, ticket.title || ticket.number), el('small', {}, t(`status-${ticket.status.replace('_', '-')}`), ' · ', time(new Date(ticket.created_at), brief(new Date(ticket.created_at))))));
    return el('section', {}, el('h3', {}, t('other-tickets')), el('ul', { class: 'others' }, others.slice(0, 20).map(item)));
  }

  #devices(devices) {
    if (devices.length === 0) return el('section', {}, el('h3', {}, t('devices')), el('p', { class: 'hint' }, t('devices-none')));
    const item = (device) => el('li', {}, el('span', {}, icon('phone'), device.platform || '?', device.refreshed_at && el('small', {}, brief(new Date(device.refreshed_at)))), device.last_error && el('small', { class: 'trouble' }, device.last_error));
    return el('section', {}, el('h3', {}, t('devices')), el('ul', { class: 'devices' }, devices.map(item)));
  }

  async #block(contact) {
    if (!contact.is_blocked && !confirm(t('block-sure', { name: contact.name || contact.user_id }))) return;
    try {
      await post(`/support/contacts/${contact.id}/${contact.is_blocked ? 'unblock' : 'block'}/`);
      await this.#load();
    } catch (error) {
      notice(error.message, 'bad');
    }
  }
}
