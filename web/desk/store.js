// What the desk knows: tickets, the list's view, the open conversation. Panes listen: `list`, `ticket` (detail: id),
// `open`, `messages`, `notes`, `typing`, `line`.

import { get, post, query } from './api.js';
import { t } from './i18n.js';
import { FIRST_VIEW, before, belongs, pageQuery } from './view.js';

const PAGE = 50;
/** How long “is typing” holds without being said again. */
const TYPING_MS = 6000;

export class Store extends EventTarget {
  tickets = new Map();
  agents = [];
  categories = new Map();
  view = { ...FIRST_VIEW };
  /** Ids in the list, in its order, and whether there are more. */
  order = [];
  more = false;
  loading = false;
  found = [];
  opened = null;
  /** The open conversation, oldest first. */
  messages = [];
  notes = [];
  older = false;
  typing = false;
  online = true;
  /** The message a search found, until it is shown. */
  sought = null;
  /** The line, once there is one: takes frames. */
  send = () => false;
  #asked = 0;
  #typing = 0;

  constructor(me) {
    super();
    this.me = me;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  async start() {
    const asked = new URLSearchParams(location.search);
    for (const key of Object.keys(this.view)) this.view[key] = asked.get(key) ?? this.view[key];
    const [agents, categories] = await Promise.all([
      get('/support/agents/').catch(() => []),
      get('/api/admin/categories/?is_active=true').catch(() => []),
    ]);
    this.agents = agents;
    for (const category of Array.isArray(categories) ? categories : (categories.results ?? [])) this.categories.set(category.id, category.name);
    await this.reload();
  }

  get isOwner() {
    return this.me.role === 'owner';
  }

  get ticket() {
    return this.tickets.get(this.opened) ?? null;
  }

  /** Whether this agent may answer, close and note: own and nobody's tickets; owners all. */
  mayAct(ticket) {
    const agent = ticket.support_manager;
    return this.isOwner || !agent || agent.id === this.me.id;
  }

  agentName(agent) {
    const known = this.agents.find((one) => one.id === (agent?.id ?? agent));
    const own = agent?.first_name !== undefined ? `${agent.first_name} ${agent.last_name ?? ''}`.trim() : '';
    return known?.name || own || t('support-team');
  }

  // The list

  #belongs(ticket) {
    return belongs(ticket, this.view, this.me.id, this.order.includes(ticket.id));
  }

  async setView(change) {
    Object.assign(this.view, change);
    history.replaceState(null, '', location.pathname + query(Object.fromEntries(Object.entries(this.view).filter(([key, value]) => value !== FIRST_VIEW[key]))) + location.hash);
    await this.reload();
  }

  /** Loads as much of the list as was loaded before, anew. */
  async reload(count = PAGE) {
    const asked = ++this.#asked;
    this.loading = true;
    this.tell('list');
    const loaded = [];
    let more = true;
    try {
      while (more && loaded.length < count) {
        const page = await get(`/support/tickets/${pageQuery(this.view, PAGE, loaded.length)}`);
        loaded.push(...page.results);
        more = page.next !== null && page.results.length > 0;
      }
      const words = this.view.q.trim();
      this.found = words ? (await get(`/support/search/${query({ q: words, limit: 20 })}`)).messages : [];
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
    if (asked !== this.#asked) return;
    for (const ticket of loaded) this.tickets.set(ticket.id, ticket);
    this.order = [...new Set(loaded.map((ticket) => ticket.id))];
    this.more = more;
    this.tell('list');
  }

  async loadMore() {
    if (this.loading || !this.more) return;
    const asked = this.#asked;
    this.loading = true;
    this.tell('list');
    try {
      const page = await get(`/support/tickets/${pageQuery(this.view, PAGE, this.order.length)}`);
      if (asked !== this.#asked) return;
      for (const ticket of page.results) this.tickets.set(ticket.id, ticket);
      this.order = [...new Set([...this.order, ...page.results.map((ticket) => ticket.id)])];
      this.more = page.next !== null && page.results.length > 0;
    } finally {
      this.loading = false;
      this.tell('list');
    }
  }

  /** Takes a ticket's new state: into the list, out of it, or where it stands. */
  put(ticket) {
    this.tickets.set(ticket.id, ticket);
    const known = this.order.includes(ticket.id);
    if (!this.#belongs(ticket)) {
      // The open one stays in sight until another is opened.
      if (known && ticket.id !== this.opened) this.order = this.order.filter((id) => id !== ticket.id);
    } else if (!known) {
      this.#insert(ticket.id);
    }
    this.tell('list');
    this.tell('ticket', ticket.id);
  }

  #insert(id) {
    const ticket = this.tickets.get(id);
    const place = this.order.findIndex((other) => before(ticket, this.tickets.get(other), this.view));
    if (place >= 0) this.order.splice(place, 0, id);
    else if (!this.more) this.order.push(id);
  }

  async refresh(id) {
    this.put(await get(`/support/tickets/${id}/`));
  }

  forget(id) {
    this.tickets.delete(id);
    this.order = this.order.filter((other) => other !== id);
    this.tell('list');
    if (id === this.opened) location.hash = '';
  }

  // The conversation

  async open(id) {
    const left = this.ticket;
    if (this.opened !== null && this.opened !== id) this.send({ type: 'ticket.unwatch', ticket_id: this.opened });
    this.opened = id;
    this.messages = [];
    this.notes = [];
    this.older = false;
    this.typing = false;
    this.tell('open');
    if (left && !this.#belongs(left)) this.order = this.order.filter((other) => other !== left.id);
    this.tell('list');
    if (id === null) return;
    if (!this.tickets.has(id)) {
      const ticket = await get(`/support/tickets/${id}/`);
      if (this.opened !== id) return;
      this.tickets.set(id, ticket);
      this.tell('open');
    }
    this.send({ type: 'ticket.watch', ticket_id: id });
    await this.catchUp();
  }

  /** Loads the newest messages, back to one that is known: so nothing is missing in between. */
  async catchUp() {
    const id = this.opened;
    if (id === null) return;
    const known = new Set(this.messages.map((message) => message.id));
    const fresh = [];
    let older = false;
    for (;;) {
      const page = await get(`/support/tickets/${id}/messages/${query({ limit: known.size > 0 ? 100 : PAGE, offset: fresh.length })}`);
      if (this.opened !== id) return;
      fresh.push(...page.results);
      older = page.next !== null;
      const met = page.results.some((message) => known.has(message.id));
      if (!older || met || known.size === 0) break;
    }
    const wasOlder = this.older;
    // What stands between the fetched ones and was not fetched is gone.
    const [newest, oldest] = [fresh[0]?.id ?? 0, fresh.at(-1)?.id ?? 0];
    this.messages = this.messages.filter(({ id: one }) => one < oldest || one > newest);
    this.#merge(fresh);
    this.older = known.size > 0 ? wasOlder : older;
    const ticket = this.ticket;
    if (ticket) this.put({ ...ticket, unread_count: 0, viewed: true });
    this.tell('messages');
    await this.loadNotes();
  }

  /** Its conversation will be shown where this message stands. */
  seek(message) {
    this.sought = message.id;
    if (message.ticket === this.opened) this.tell('messages');
  }

  async loadNotes() {
    const id = this.opened;
    const notes = await get(`/support/tickets/${id}/notes/`).catch(() => []);
    if (this.opened !== id) return;
    this.notes = notes;
    this.tell('notes');
  }

  async loadOlder() {
    const id = this.opened;
    if (!this.older || id === null) return;
    const page = await get(`/support/tickets/${id}/messages/${query({ limit: PAGE, offset: this.messages.length })}`);
    if (this.opened !== id) return;
    this.#merge(page.results);
    this.older = page.next !== null;
    this.tell('messages');
  }

  #merge(messages) {
    const all = new Map(this.messages.map((message) => [message.id, message]));
    for (const message of messages) all.set(message.id, message);
    this.messages = [...all.values()].sort((a, b) => a.id - b.id);
  }

  /** A message that was written or changed just now. */
  take(message, { isNew = true } = {}) {
    if (message.ticket === this.opened) {
      this.#merge([message]);
      if (message.sender === 'user' && isNew) this.setTyping(false);
      this.tell('messages');
    }
    const ticket = this.tickets.get(message.ticket);
    if (!ticket) return;
    const last = ticket.last_message;
    if (isNew ? last && last.id >= message.id : last?.id !== message.id) return;
    const next = { ...ticket, last_message: message };
    if (isNew && message.sender === 'user') {
      next.unread_count = (ticket.unread_count ?? 0) + 1;
      if (!ticket.resolved) next.status = ticket.support_manager ? 'waiting_admin' : 'open';
    }
    if (isNew && message.sender === 'supp') Object.assign(next, { unread_count: 0, status: ticket.resolved ? ticket.status : 'replied' });
    this.put(next);
  }

  readByContact(upTo) {
    this.messages = this.messages.map((message) => (message.sender === 'supp' && message.id <= upTo ? { ...message, read: true } : message));
    this.tell('messages');
  }

  drop(id) {
    this.messages = this.messages.filter((message) => message.id !== id);
    this.tell('messages');
  }

  setTyping(on) {
    clearTimeout(this.#typing);
    if (on) this.#typing = setTimeout(() => this.setTyping(false), TYPING_MS);
    if (this.typing === on) return;
    this.typing = on;
    this.tell('typing');
  }

  /** The contact's messages that are in sight are read. */
  seen() {
    const ticket = this.ticket;
    const last = this.messages.at(-1);
    if (!ticket || !last || !ticket.unread_count) return;
    if (this.send({ type: 'ticket.viewed', ticket_id: ticket.id, up_to_id: last.id })) this.put({ ...ticket, unread_count: 0, viewed: true });
  }

  // What is done to the open ticket

  async act(name, body) {
    const ticket = await post(`/support/tickets/${this.opened}/${name}/`, body);
    this.put(ticket);
    return ticket;
  }
}
