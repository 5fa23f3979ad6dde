// The phone's app without its looks: history, sending with retries, live messages, reading, typing.
// Everything here uses the public mobile interface only.

import { get, post, Refused } from './calls.js';
import { pause, uuid } from './dom.js';
import { Socket } from './socket.js';

const PAGE = 50;
const TYPING_EVERY = 3000;
const TYPING_SHOWN = 6000;
const LONGEST_WAIT = 15_000;

/** Fires `change`, `typing`, `status`. */
export class Chat extends EventTarget {
  items = new Map();
  pending = [];
  hasOlder = false;
  status = 'connecting';
  agentTyping = false;

  #socket = new Socket();
  #visit = 0;
  #loaded = false;
  #asleep = false;
  #sending = false;
  #held = [];
  #read = 0;
  #typedAt = 0;
  #typingEnds = 0;

  constructor(identity) {
    super();
    this.identity = identity;
    this.#socket.addEventListener('up', () => this.#join());
    this.#socket.addEventListener('down', () => this.#is('connecting'));
    this.#socket.addEventListener('message', ({ detail }) => this.#heard(detail));
  }

  /** Starts over as this person: device, history, then the live socket. */
  async open(identity = this.identity) {
    this.identity = identity;
    const visit = ++this.#visit;
    this.#socket.close();
    this.items.clear();
    this.pending = [];
    this.#held = [];
    this.#read = 0;
    this.#loaded = false;
    this.#is('connecting');
    this.#changed();
    for (let wait = 500; visit === this.#visit; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      try {
        await Promise.all([this.#register(), this.#history(visit)]);
        break;
      } catch (error) {
        this.#is(error instanceof Refused && !error.passing ? error.message : 'offline');
        await pause(wait);
      }
    }
    if (visit !== this.#visit) return;
    this.#loaded = true;
    if (!this.#asleep) this.#socket.open();
  }

  /** In a pocket an app has no socket; what it missed comes when it wakes. */
  sleep() {
    this.#asleep = true;
    this.#socket.close();
  }

  wake() {
    this.#asleep = false;
    if (this.#loaded) this.#socket.open();
  }

  sorted() {
    return [...this.items.values()].sort((a, b) => a.id - b.id);
  }

  /** Answers of agents after the mark; greetings have no agent and do not count. */
  get unread() {
    const waits = (item) => item.direction === 'support' && item.agent_name && !item.read && item.id > this.#read;
    return [...this.items.values()].filter(waits).length;
  }

  async markRead() {
    const { user_id } = this.identity;
    const up_to_id = this.#lastId((item) => item.direction === 'support');
    if (up_to_id <= this.#read) return;
    const before = this.#read;
    this.#read = up_to_id;
    this.#changed();
    try {
      await post('/mark_read', { user_id, up_to_id });
    } catch {
      if (user_id === this.identity.user_id) this.#read = before;
    }
  }

  async older() {
    const first = this.sorted()[0];
    if (!first) return;
    const page = await get(this.#historyPath({ before_id: first.id }));
    this.hasOlder = page.has_more;
    this.#put(page.messages);
  }

  send(text, files) {
    const photos = files.map((file) => ({ file, url: URL.createObjectURL(file) }));
    this.pending.push({ client_msg_id: uuid(), text, photos, state: 'sending', error: null, at: new Date() });
    this.#typedAt = 0;
    this.#changed();
    this.#pump();
  }

  again(pending) {
    pending.state = 'sending';
    pending.error = null;
    this.#changed();
    this.#pump();
  }

  discard(pending) {
    this.pending = this.pending.filter((other) => other !== pending);
    this.#changed();
  }

  typing() {
    const now = Date.now();
    if (now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
    this.#socket.emit('typing', { user_id: this.identity.user_id, typing: true });
  }

  // Sending: one at a time, in order, each with an id of its own that every retry repeats.
  async #pump() {
    if (this.#sending) return;
    this.#sending = true;
    const visit = this.#visit;
    for (let wait = 500; visit === this.#visit; ) {
      const next = this.pending.find((pending) => pending.state !== 'failed');
      if (!next) break;
      try {
        this.#sent(next, await post('/send_message', this.#form(next)), visit);
        wait = 500;
      } catch (error) {
        if (error instanceof Refused && !error.passing) this.#mark(next, 'failed', error.message);
        else {
          this.#mark(next, 'waiting', null);
          await pause(error.retryAfter ? error.retryAfter * 1000 : wait);
          wait = Math.min(wait * 2, LONGEST_WAIT);
        }
      }
    }
    this.#sending = false;
    this.#put(this.#held.splice(0));
    if (this.pending.some((pending) => pending.state !== 'failed')) this.#pump();
  }

  #form({ client_msg_id, text, photos }) {
    const form = new FormData();
    form.set('user_id', this.identity.user_id);
    if (this.identity.user_name) form.set('user_name', this.identity.user_name);
    form.set('message', text);
    form.set('client_msg_id', client_msg_id);
    for (const { file } of photos) form.append('photo', file, file.name);
    return form;
  }

  #sent(pending, answer, visit) {
    if (visit !== this.#visit) return;
    this.pending = this.pending.filter((other) => other !== pending);
    const item = {
      id: answer.message_id,
      message: pending.text,
      photo_urls: answer.photo_urls,
      direction: 'user',
      created_at: pending.at.toISOString(),
      attachments: [],
      read: false,
    };
    const live = this.#held.splice(0);
    this.#put(this.items.has(item.id) ? live : [item, ...live]);
    for (const { url } of pending.photos) URL.revokeObjectURL(url);
  }

  #mark(pending, state, error) {
    pending.state = state;
    pending.error = error;
    this.#changed();
  }

  #register() {
    const { user_id, fcm_token } = this.identity;
    return post('/register_device', { user_id, fcm_token, platform: 'web', device_id: null });
  }

  async #history(visit) {
    const page = await get(this.#historyPath({ user_name: this.identity.user_name }));
    if (visit !== this.#visit) return;
    this.hasOlder = page.has_more;
    this.#put(page.messages);
  }

  #historyPath(cursor) {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [name, value] of Object.entries(cursor)) if (value) query.set(name, value);
    return `/message_history/${encodeURIComponent(this.identity.user_id)}?${query}`;
  }

  #join() {
    const after_id = this.#lastId(() => true);
    this.#socket.emit('join_chat', { user_id: this.identity.user_id, ...(after_id ? { after_id } : {}) });
  }

  #heard({ event, data }) {
    if (event === 'joined') this.#joined(data);
    else if (event === 'new_message') this.#arrived(data);
    else if (event === 'message_updated') this.#put([data]);
    else if (event === 'message_deleted') this.#gone(data);
    else if (event === 'typing') this.#typed(data?.typing !== false);
    else if (event === 'error') this.#is(data?.message ?? 'refused');
  }

  async #joined({ has_more }) {
    this.#is('online');
    const visit = this.#visit;
    for (let more = has_more; more && visit === this.#visit; ) {
      const page = await get(this.#historyPath({ after_id: this.#lastId(() => true), limit: 500 }));
      this.#put(page.messages);
      more = page.has_more;
    }
  }

  #arrived(item) {
    // A message of our own may overtake the answer to its request, which alone tells which one it is.
    if (item.direction === 'user' && this.#sending) {
      this.#held.push(item);
      return;
    }
    if (item.direction === 'support') this.#typed(false);
    this.#put([item]);
    if (item.direction === 'support' && item.agent_name) this.#answered(item.id);
  }

  /** An answer tells that staff has seen what came before it. */
  #answered(id) {
    for (const item of this.items.values()) if (item.direction === 'user' && item.id < id) item.read = true;
    this.#changed();
  }

  #gone({ id }) {
    this.items.delete(id);
    this.#changed();
  }

  #put(items) {
    for (const item of items) this.items.set(item.id, { ...this.items.get(item.id), ...item });
    if (items.length > 0) this.#changed();
  }

  #lastId(wanted) {
    return [...this.items.values()].filter(wanted).reduce((last, item) => Math.max(last, item.id), 0);
  }

  #typed(typing) {
    clearTimeout(this.#typingEnds);
    if (typing) this.#typingEnds = setTimeout(() => this.#typed(false), TYPING_SHOWN);
    if (typing === this.agentTyping) return;
    this.agentTyping = typing;
    this.dispatchEvent(new Event('typing'));
  }

  #is(status) {
    this.status = status;
    this.dispatchEvent(new Event('status'));
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
