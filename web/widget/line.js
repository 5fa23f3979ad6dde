// The line to the desk: who we are, what was said, what still has to go out. Knows nothing of the page.
//
// Nothing twice: a message has an id, and what goes out has one that the server knows again.
// Nothing lost: what goes out is kept until the server has it; every connection first reads the session,
// then listens from the last message on.

import { ask, subject } from './calls.js';
import { uuid } from './make.js';

const LONGEST_WAIT = 30000;
// How long a tab that is not looked at keeps its connection: browsers allow few to one server.
const HIDDEN = 20000;
const TYPING = 6000;

export class Line {
  // What the server has, in its order.
  messages = [];
  // What it does not have yet, or has but has not told in its place.
  queue = [];
  session = null;
  active = true;
  rated = false;
  // null before the first try, then whether events come in.
  live = null;
  typing = false;
  trouble = '';
  // Whether the contact can still be linked with a Telegram account; the holder of a link to one session can not.
  links = true;
  #source;
  #tries = 0;
  #sending = false;
  #again;
  #quiet;
  #hidden;
  #attempt = 0;
  #hinted = false;
  #reading = false;
  #typed = 0;
  // Without a token of the page's own.
  #visitor = true;

  constructor({ base, lang, store, token, key, session, changed }) {
    Object.assign(this, { base, lang, store, given: token, key, changed });
    const kept = store.read();
    this.session = session ?? kept.session ?? null;
    this.rated = kept.rated === this.session;
    this.links = !key;
    this.fixed = Boolean(session);
    for (const [id, item] of Object.entries(kept.queue ?? {})) {
      if (!session || item.session === session) this.queue.push({ id, ...item, files: [], kept: true });
    }
    // The first message in another tab opens the session of all.
    if (!session) store.watch((record) => record.session && !this.session && this.#adopt(record.session));
    addEventListener('online', () => {
      // Who has nothing to listen to is not without a line.
      if (!this.session) this.live = null;
      this.#now();
      this.changed();
    });
    addEventListener('offline', () => this.#lost());
    document.addEventListener('visibilitychange', () => this.#looked());
  }

  get unread() {
    return this.messages.filter((message) => message.sender === 'support' && !message.is_read).length;
  }

  // Those of the queue that the conversation does not show yet.
  get waiting() {
    return this.queue.filter((item) => !this.messages.some((message) => message.id === item.known));
  }

  start() {
    if (this.session || this.given) this.#connect();
    if (this.queue.length > 0) this.#flush();
  }

  say(text, files) {
    const item = { id: uuid(), text, files, at: new Date().toISOString(), page: this.fixed ? '' : location.href.split('#')[0], progress: 0 };
    if (this.fixed) item.session = this.session;
    this.queue.push(item);
    // Files do not outlive the page.
    if (files.length === 0) this.#remember(item);
    this.changed();
    this.#flush();
  }

  retry(item) {
    item.failed = '';
    this.#now();
  }

  drop(item) {
    this.#forget(item);
    this.changed();
  }

  async read() {
    if (this.unread === 0 || this.#reading) return;
    this.#reading = true;
    const answer = await this.#call('POST', 'read/');
    this.#reading = false;
    if (answer.status !== 200) return;
    this.#mark('support');
    this.changed();
  }

  // Says that the contact types, now and then while it does.
  types() {
    if (!this.session || !this.live || Date.now() - this.#typed < 4000) return;
    this.#typed = Date.now();
    this.#call('POST', 'typing/');
  }

  async end() {
    const answer = await this.#call('POST', 'close/');
    if (answer.status < 300 && answer.status > 0) this.#closed();
  }

  async rate(rating, comment) {
    const answer = await this.#call('POST', 'rating/', comment ? { rating, comment } : { rating });
    if (answer.status === 0 || answer.status >= 400 && answer.status !== 409) return answer.data?.error ?? '';
    this.rated = true;
    this.store.change((record) => { record.rated = this.session; });
    this.changed();
    return null;
  }

  // A code for the bot: a link, or what to send it.
  async link() {
    const proof = await this.#proof();
    const { status, data } = proof ? await ask('POST', `${this.base}/api/telegram/link-code`, { ...proof, lang: this.lang, body: {} }) : { status: 0 };
    return status === 200 ? data : { trouble: data?.error ?? '' };
  }

  linked() {
    this.links = false;
    this.changed();
  }

  // What we prove ourselves with: the page's token, a visitor's, or the key of a link.
  async #proof(make) {
    if (this.key) return { key: this.key };
    const given = await this.given?.();
    this.#visitor = !given;
    this.#belongs(given ? subject(given) : '');
    const token = given || this.store.read().token;
    if (token || !make) return token ? { token } : null;
    const { status, data } = await ask('POST', `${this.base}/support/api/visitors/`, { lang: this.lang, body: {} });
    this.#blame(status);
    if (status !== 201) return null;
    this.store.change((record) => Object.assign(record, { token: data.token, user: data.user_id }));
    return { token: data.token };
  }

  // Who signs in, out or as another finds nothing of the one before.
  #belongs(owner) {
    if (this.fixed || (this.store.read().owner ?? '') === owner) return;
    this.store.change((record) => {
      for (const name of Object.keys(record)) delete record[name];
      record.owner = owner;
    });
    this.queue = this.queue.filter((item) => !item.kept);
    this.session = null;
    this.messages = [];
  }

  async #call(method, path, body) {
    const session = this.session;
    return ask(method, `${this.base}/support/api/sessions/${session ? `${session}/${path}` : path}`, { ...await this.#proof(), lang: this.lang, body });
  }

  // Sends what waits, in order, one at a time.
  async #flush() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#again);
    for (;;) {
      const item = this.queue.find((one) => !one.known && !one.failed);
      if (!item) break;
      const proof = await this.#proof(true);
      const answer = proof ? await this.#post(item, proof) : { status: 0 };
      if (!(await this.#sent(item, answer))) {
        this.#later();
        break;
      }
      this.changed();
    }
    this.#sending = false;
    this.changed();
  }

  #post(item, proof) {
    const images = item.files.every((file) => file.type.startsWith('image/'));
    const kind = item.files.length === 0 ? 'text' : images ? 'image' : 'file';
    const fields = { content: item.text, message_type: kind, client_msg_id: item.id, session_id: this.session };
    if (/^https?:.{0,2043}$/.test(item.page)) fields.page_url = item.page;
    let body = fields;
    if (item.files.length > 0) {
      body = new FormData();
      for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
      for (const file of item.files) body.append('file', file, file.name);
    }
    const progress = (part) => {
      item.progress = part;
      this.changed();
    };
    return ask('POST', `${this.base}/support/api/messages/`, { ...proof, lang: this.lang, body, progress });
  }

  // True where there is no point in trying this one again.
  async #sent(item, { status, data }) {
    if (status === 201 || status === 200) {
      this.#tries = 0;
      item.known = data.message.id;
      this.#remember(item, true);
      this.#opened();
      if (this.session !== data.session_id) this.#adopt(data.session_id);
      else if (!this.#source) this.#connect();
      if (this.messages.some((message) => message.id === item.known)) this.#forget(item);
      return true;
    }
    if (status === 401 && this.#visitor && !this.fixed && !item.anew) {
      // The visitor is not known any more: a new one, with a new session.
      item.anew = true;
      this.store.change((record) => { delete record.token; });
      this.#adopt(null);
      return true;
    }
    if ((status === 404 || data?.code === 'session_closed') && this.session && !this.fixed) {
      this.#adopt(null);
      return true;
    }
    if (status === 0 || status >= 500 || status === 429) {
      this.#blame(status);
      return false;
    }
    item.failed = data?.error ?? String(status);
    return true;
  }

  #adopt(session) {
    this.#cut();
    this.session = session;
    this.rated = false;
    this.active = true;
    if (session) this.messages = [];
    this.store.change((record) => {
      if (session) record.session = session;
      else delete record.session;
    });
    if (session) this.#connect();
  }

  #remember(item, sent) {
    this.store.change((record) => {
      record.queue ??= {};
      if (sent) delete record.queue[item.id];
      else record.queue[item.id] = { text: item.text, at: item.at, page: item.page, session: item.session };
    });
  }

  #forget(item) {
    this.queue = this.queue.filter((one) => one !== item);
    this.#remember(item, true);
  }

  async #connect() {
    this.#cut();
    const attempt = ++this.#attempt;
    const proof = await this.#proof();
    const stale = () => attempt !== this.#attempt;
    if (!proof || stale()) return;
    if (!this.session) {
      // A user who wrote from elsewhere goes on where that was left.
      const listed = await this.#call('GET', '');
      if (stale()) return;
      if (listed.status !== 200) return this.#refused(listed);
      const open = listed.data.find((session) => session.is_active);
      if (!open) return;
      this.session = open.id;
      this.store.change((record) => { record.session = open.id; });
    }
    const answers = await Promise.all([this.#call('GET', ''), this.#call('GET', 'messages/')]);
    if (stale()) return;
    const refusal = answers.find((answer) => answer.status !== 200);
    if (refusal) return this.#refused(refusal);
    const [about, said] = answers;
    this.active = about.data.is_active;
    this.messages = said.data;
    for (const item of this.queue) if (this.messages.some((message) => message.id === item.known)) this.#forget(item);
    this.trouble = '';
    this.#listen(proof);
    this.changed();
  }

  #refused({ status, data }) {
    this.#blame(status);
    if (!this.fixed && (status === 404 || status === 401 && this.#visitor)) {
      // The session or the visitor is gone from the server; the next message begins anew.
      this.store.change((record) => {
        delete record.session;
        if (status === 401) delete record.token;
      });
      this.session = null;
      this.messages = [];
      return this.changed();
    }
    if (status >= 400 && status < 500) this.trouble = data?.error ?? '';
    this.#later();
  }

  #listen({ token, key }) {
    const last = this.messages.at(-1)?.id;
    const query = new URLSearchParams(key ? { key } : { access_token: token });
    if (last) query.set('after_id', last);
    const source = new EventSource(`${this.base}/support/api/sessions/${this.session}/events/?${query}`);
    this.#source = source;
    const on = (name, act) => source.addEventListener(name, (event) => {
      let data = {};
      try {
        data = JSON.parse(event.data);
      } catch {
        // An event that says nothing but its name.
      }
      act(data ?? {});
      this.changed();
    });
    source.onopen = () => {
      this.live = true;
      this.#tries = 0;
      this.changed();
    };
    source.onerror = () => {
      // Not left to the browser: it would not come back after a refusal, and would miss what has no id.
      this.#lost();
      this.#later();
    };
    on('message', (message) => this.#heard(message));
    on('message_updated', (message) => this.#replace(message.id, message));
    on('message_deleted', ({ id }) => this.#replace(id));
    on('typing', (event) => this.#types(event.typing !== false));
    on('read', ({ by, up_to_id: last }) => {
      const end = this.messages.findIndex((message) => message.id === last) + 1 || this.messages.length;
      this.#mark(by === 'user' ? 'support' : 'user', end);
    });
    on('closed', () => this.#closed());
  }

  #heard(message) {
    if (this.messages.some((one) => one.id === message.id)) return this.#replace(message.id, message);
    this.messages.push(message);
    this.#opened();
    if (message.sender === 'support') {
      this.#types(false);
      return this.#mark('user');
    }
    const mine = this.queue.find((item) => item.known === message.id);
    if (mine) return this.#forget(mine);
    // It may be told before its request is answered.
    const flying = this.#sending && this.queue.find((item) => !item.known && !item.failed);
    if (flying && flying.text === message.content && flying.files.length === message.attachments.length) flying.known = message.id;
  }

  #mark(sender, end) {
    for (const message of this.messages.slice(0, end)) if (message.sender === sender) message.is_read = true;
  }

  #replace(id, message) {
    const at = this.messages.findIndex((one) => one.id === id);
    if (at >= 0) this.messages.splice(at, 1, ...(message ? [message] : []));
  }

  #types(now) {
    clearTimeout(this.#quiet);
    this.typing = now;
    if (now) this.#quiet = setTimeout(() => { this.#types(false); this.changed(); }, TYPING);
  }

  // What is opened again can be rated again.
  #opened() {
    if (!this.active) this.rated = false;
    this.active = true;
  }

  #closed() {
    this.active = false;
    this.#types(false);
    this.changed();
  }

  #cut() {
    this.#source?.close();
    this.#source = null;
    this.#attempt += 1;
  }

  #lost() {
    this.#cut();
    this.live = false;
    this.changed();
  }

  // Tries again after a while that grows, and differs between pages.
  #later() {
    this.live = false;
    clearTimeout(this.#again);
    const wait = Math.min(1000 * 2 ** this.#tries++, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    this.#again = setTimeout(() => this.#now(), wait);
    this.changed();
  }

  #now() {
    clearTimeout(this.#again);
    if (!this.#source && (this.session || this.given)) this.#connect();
    this.#flush();
  }

  #looked() {
    clearTimeout(this.#hidden);
    if (document.visibilityState === 'hidden') this.#hidden = setTimeout(() => this.#cut(), HIDDEN);
    else if (!this.#source) this.#now();
    this.changed();
  }

  // A page that is not let in sees the same as one without a network; a call that hides its answer tells them apart.
  async #blame(status) {
    if (status !== 0 || this.#hinted || !navigator.onLine) return;
    this.#hinted = true;
    const reached = (mode) => fetch(`${this.base}/health`, { mode, cache: 'no-store' }).then(() => true, () => false);
    if (await reached('no-cors') && !(await reached('cors'))) {
      console.error(`Relaydesk: ${this.base} does not let this page in. Add ${location.origin} to its setting CORS_ORIGINS.`);
    } else {
      this.#hinted = false;
    }
  }
}
