// The conversation: messages and notes by time, days between them, older ones as one scrolls up. Who reads the end
// stays at the end.

import { el, find, notice, reconcile, say, show } from './dom.js';
import { day, t } from './i18n.js';
import { messageElement, noteElement } from './message.js';

/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;
const NEAR = 80;

export class Talk {
  #store;
  #log = find('#log');
  #list = find('#messages');
  #atEnd = true;
  #fetching = false;

  constructor(store) {
    this.#store = store;
    store.addEventListener('open', () => this.#opened());
    store.addEventListener('messages', () => this.#draw());
    store.addEventListener('notes', () => this.#draw());
    store.addEventListener('typing', () => this.#drawTyping());
    this.#log.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.#log);
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.#list);
    find('#to-end').addEventListener('click', () => this.toEnd());
    for (const name of ['focus', 'visibilitychange']) addEventListener(name, () => this.#look());
  }

  toEnd() {
    this.#atEnd = true;
    this.#log.scrollTop = this.#log.scrollHeight;
    show(find('#to-end'), false);
    this.#look();
  }

  #opened() {
    const open = this.#store.opened !== null;
    show(find('#talk-open'), open);
    show(find('#talk-empty'), !open);
    this.#atEnd = true;
    this.#list.replaceChildren();
    show(find('#log-wait'), open);
    this.#drawTyping();
  }

  #entries() {
    const { messages, notes, older } = this.#store;
    // Notes from before the oldest message that is loaded wait until it is.
    const from = older && messages.length > 0 ? new Date(messages[0].created_at) : null;
    const all = [
      ...messages.map((message) => ({ at: new Date(message.created_at), message })),
      ...notes.map((note) => ({ at: new Date(note.created_at), note })),
    ].filter(({ at }) => from === null || at >= from);
    // Messages keep the order of their ids; a note goes where its time is.
    return all.sort((a, b) => (a.message && b.message ? a.message.id - b.message.id : a.at - b.at));
  }

  #draw() {
    const ticket = this.#store.ticket;
    if (!ticket) return;
    const heightBefore = this.#log.scrollHeight - this.#log.scrollTop;
    const contactName = ticket.user.name || ticket.user.username || ticket.user.email || ticket.user.user_id;
    const rows = [];
    let before = null;
    for (const { at, message, note } of this.#entries()) {
      if (!before || before.at.toDateString() !== at.toDateString()) {
        const label = day(at);
        rows.push({ key: `d${at.toDateString()}`, signature: label, build: () => el('li', { class: 'day' }, el('span', {}, label)) });
        before = null;
      }
      if (message) {
        const who = message.sender + (message.agent_name ?? '');
        const joined = before?.who === who && at - before.at < TOGETHER_MS;
        rows.push({ key: `m${message.id}`, signature: JSON.stringify([message, joined, contactName]), build: () => messageElement(message, { contactName, joined }) });
        before = { at, who };
      } else {
        rows.push({ key: `n${note.id}`, signature: note.text, build: () => noteElement(note) });
        before = { at, who: 'note' };
      }
    }
    reconcile(this.#list, rows);
    show(find('#log-wait'), this.#fetching);
    if (this.#atEnd) this.toEnd();
    else this.#log.scrollTop = this.#fetching ? this.#log.scrollHeight - heightBefore : this.#log.scrollTop;
    if (!this.#atEnd && !this.#fetching) show(find('#to-end'), true);
    this.#fill();
    this.#find();
  }

  /** Goes to the message a search found, loading older ones until it is there. */
  #find() {
    const { sought, messages, older } = this.#store;
    if (sought === null || messages.length === 0) return;
    const found = find(`#m${sought}`);
    if (!found && older && messages[0].id > sought) {
      this.#older();
      return;
    }
    this.#store.sought = null;
    if (!found) return;
    this.#atEnd = false;
    found.classList.add('sought');
    found.scrollIntoView({ block: 'center' });
    setTimeout(() => found.classList.remove('sought'), 4000);
  }

  /** A first page that does not fill the pane leaves nothing to scroll. */
  #fill() {
    if (this.#store.sought === null && this.#store.older && this.#log.scrollHeight <= this.#log.clientHeight) this.#older();
  }

  #scrolled() {
    const left = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight;
    this.#atEnd = left < NEAR;
    if (this.#atEnd) this.#look();
    show(find('#to-end'), left > 400);
    if (this.#log.scrollTop < 200) this.#older();
  }

  async #older() {
    if (this.#fetching || !this.#store.older) return;
    this.#fetching = true;
    show(find('#log-wait'), true);
    try {
      await this.#store.loadOlder();
    } catch (error) {
      notice(error.message, 'bad');
    } finally {
      this.#fetching = false;
      show(find('#log-wait'), false);
    }
    this.#find();
  }

  /** What stands in a window that is looked at has been read. */
  #look() {
    if (this.#atEnd && document.visibilityState === 'visible' && document.hasFocus()) this.#store.seen();
  }

  #drawTyping() {
    const { typing, ticket } = this.#store;
    say(find('#typing'), typing && ticket ? t('typing', { name: ticket.user.name || ticket.user.user_id }) : '');
    show(find('#typing'), typing);
    if (this.#atEnd) this.toEnd();
  }
}
