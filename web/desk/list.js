// The list of tickets: tabs, filters, search, pages that load as one scrolls. One stop of the Tab key; arrows walk.

import { all, avatar, el, find, icon, later, notice, reconcile, say, show, time } from './dom.js';
import { brief, t } from './i18n.js';
import { summary } from './message.js';

const CHANNELS = { mobile: 'phone', web: 'globe', telegram: 'plane', api: 'plug' };

export class List {
  #store;
  #items = find('#tickets');
  #scroll = find('#list-scroll');
  /** The one that Tab leads to. */
  #standing = null;

  constructor(store) {
    this.#store = store;
    const quietly = (act) => act.catch((error) => notice(error.message, 'bad'));
    const set = (change) => quietly(store.setView(change));
    for (const tab of all('[data-tab]')) tab.addEventListener('click', () => set({ tab: tab.dataset.tab }));
    for (const name of ['status', 'category', 'order']) find(`#${name}`).addEventListener('change', (event) => set({ [name]: event.target.value }));
    const search = later(250, (q) => q !== store.view.q && set({ q }));
    find('#query').addEventListener('input', (event) => search(event.target.value));
    find('#search').addEventListener('submit', (event) => {
      event.preventDefault();
      set({ q: find('#query').value });
    });
    this.#scroll.addEventListener('scroll', () => {
      const left = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight;
      if (left < 400) quietly(store.loadMore());
    }, { passive: true });
    this.#items.addEventListener('keydown', (event) => this.#walk(event));
    this.#items.addEventListener('focusin', (event) => this.#stand(event.target.closest('li')?.dataset.key));
    store.addEventListener('list', () => this.#draw());
    store.addEventListener('open', () => this.#draw());
  }

  /** Opens the next ticket of the list, or the one before. */
  step(by) {
    const { order, opened } = this.#store;
    const at = order.indexOf(opened);
    const next = order[at < 0 ? 0 : at + by];
    if (next === undefined) return;
    location.hash = String(next);
    this.focusOn(next);
  }

  focusOn(id) {
    requestAnimationFrame(() => {
      const item = find(`li[data-key="${id}"] a`, this.#items) ?? find('a', this.#items);
      item?.focus({ preventScroll: true });
      item?.scrollIntoView({ block: 'nearest' });
    });
  }

  #walk(event) {
    const links = all('a', this.#items);
    const at = links.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, to))].focus();
  }

  #stand(key) {
    if (key === undefined) return;
    this.#standing = key;
    for (const link of all('a', this.#items)) link.tabIndex = link.parentElement.dataset.key === key ? 0 : -1;
  }

  #draw() {
    const store = this.#store;
    const { view } = store;
    for (const tab of all('[data-tab]')) tab.setAttribute('aria-pressed', String(tab.dataset.tab === view.tab));
    this.#drawFilters(view);
    const tickets = store.order.map((id) => store.tickets.get(id)).filter(Boolean);
    reconcile(this.#items, tickets.map((ticket) => {
      const open = ticket.id === store.opened;
      const last = ticket.last_message;
      const signature = JSON.stringify([open, ticket.title, ticket.unread_count, ticket.status, ticket.priority, ticket.support_manager?.id, ticket.user.name, last?.id, last?.text, view.tab]);
      return { key: ticket.id, signature, build: () => this.#item(ticket, open) };
    }));
    const keys = all('li', this.#items).map((item) => item.dataset.key);
    this.#stand(keys.includes(this.#standing) ? this.#standing : keys.includes(String(store.opened)) ? String(store.opened) : keys[0]);
    const searching = view.q.trim() !== '';
    say(find('#list-empty'), searching ? t('list-nothing') : t('list-empty'));
    show(find('#list-empty'), tickets.length === 0 && !store.loading && store.found.length === 0);
    show(find('#list-wait'), store.loading);
    show(find('#found'), store.found.length > 0);
    reconcile(find('#found-messages'), store.found.map((found) => ({ key: found.message.id, signature: found.snippet, build: () => this.#found(found) })));
  }

  #drawFilters(view) {
    const category = find('#category');
    if (this.#store.categories.size > 0 && category.hidden) {
      for (const [id, name] of this.#store.categories) category.append(el('option', { value: id }, name));
      show(category, true);
    }
    for (const name of ['status', 'category', 'order']) if (find(`#${name}`).value !== view[name]) find(`#${name}`).value = view[name];
    if (document.activeElement !== find('#query')) find('#query').value = view.q;
  }

  #item(ticket, open) {
    const name = ticket.user.name || ticket.user.username || ticket.user.email || ticket.user.user_id;
    const unread = ticket.unread_count ?? 0;
    const last = ticket.last_message;
    const agent = ticket.support_manager;
    const tags = [
      ticket.resolved && el('span', { class: 'tag good' }, icon('check'), t('status-closed')),
      !ticket.resolved && ticket.priority === 'high' && el('span', { class: 'tag bad' }, t('priority-high')),
      !ticket.resolved && ticket.status === 'escalated' && el('span', { class: 'tag warn' }, t('status-escalated')),
      this.#store.view.tab !== 'mine' && agent && el('span', { class: 'tag' }, icon('person'), this.#store.agentName(agent)),
      !agent && !ticket.resolved && this.#store.view.tab !== 'unassigned' && el('span', { class: 'tag warn' }, t('nobody')),
    ].filter(Boolean);
    return el('li', {}, el('a', { href: `#${ticket.id}`, class: unread > 0 ? 'ticket unread' : 'ticket', 'aria-current': open ? 'true' : null, tabindex: '-1' },
      el('span', { class: 'face' }, avatar(name), el('span', { class: 'channel', title: t(`channel-${ticket.channel}`) }, icon(CHANNELS[ticket.channel] ?? 'plug'))),
      el('span', { class: 'lines' },
        el('span', { class: 'row' }, el('b', { class: 'name' }, name), last && time(new Date(last.created_at), brief(new Date(last.created_at)))),
        el('span', { class: 'row' },
          el('span', { class: 'preview' }, last ? summary(last) : ticket.title),
          unread > 0 && el('span', { class: 'badge' }, unread > 99 ? '99+' : String(unread), el('span', { class: 'vh' }, ` ${t('unread')}`))),
        tags.length > 0 && el('span', { class: 'tags' }, ...tags))));
  }

  #found({ message, title, snippet }) {
    const at = new Date(message.created_at);
    return el('li', {}, el('a', { class: 'ticket found', href: `#${message.ticket}`, onclick: () => this.#store.seek(message) },
      el('span', { class: 'lines' }, el('span', { class: 'row' }, el('b', { class: 'name' }, title), time(at, brief(at))), el('span', { class: 'preview' }, snippet))));
  }
}
