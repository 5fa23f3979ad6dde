// What the phone shows: the app with its chat, the lock screen with its notifications, the badge.

import { Chat } from './chat.js';
import { Composer } from './composer.js';
import { bytes, clock, day, el, find, followEnd, goToEnd, icon, parseTime, photo, reconcile, say, show, uuid } from './dom.js';
import { world } from './world.js';

const KEPT = 'relaydesk-demo-identity';

export class Phone {
  #chat = new Chat(identity());
  #composer;
  #pocketed = false;
  #ignored = 0;
  #onScreen;
  #badge;

  /** `onScreen()` says whether the phone's pane is visible; `badge(n)` hears of unread messages. */
  constructor({ onScreen, badge }) {
    this.#onScreen = onScreen;
    this.#badge = badge;
    this.#composer = new Composer(find('#phone-composer'), {
      send: (text, files) => {
        this.#chat.send(text, files);
        goToEnd(find('#chat-scroll'));
      },
      typing: () => this.#chat.typing(),
    });
    this.#chat.addEventListener('change', () => this.#draw());
    this.#chat.addEventListener('status', () => say(find('#connection'), this.#chat.status));
    this.#chat.addEventListener('typing', () => this.#drawTyping());
    world.addEventListener('state', () => this.#drawLock());
    document.addEventListener('visibilitychange', () => this.look());
    find('#pocket').addEventListener('click', () => (this.#pocketed ? this.#unlock() : this.#lock()));
    find('#unlock').addEventListener('click', () => this.#unlock());
    find('#older').addEventListener('click', () => this.#older());
    followEnd(find('#chat-scroll'), find('#chat'));
    this.#setUpIdentity();
    this.#tick();
    setInterval(() => this.#tick(), 5000);
    this.#chat.open();
  }

  /** The owner may have looked: what is visible is read. */
  look() {
    const seen = !this.#pocketed && this.#onScreen() && document.visibilityState === 'visible';
    if (seen) this.#chat.markRead();
    this.#drawBadge();
  }

  #setUpIdentity() {
    const form = find('#identity');
    const fill = () => {
      form.elements.user_id.value = this.#chat.identity.user_id;
      form.elements.user_name.value = this.#chat.identity.user_name;
      say(find('#device-line'), `Device token: ${this.#chat.identity.fcm_token}`);
    };
    fill();
    // What was not saved is forgotten when the form closes; filling it as it opens could overtake its owner.
    find('#who').addEventListener('toggle', () => find('#who').open || fill());
    find('#who').addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      find('#who').open = false;
      find('#who summary').focus();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const user_id = form.elements.user_id.value.trim();
      const user_name = form.elements.user_name.value.trim();
      const next = { ...this.#chat.identity, user_id, user_name };
      keep(next);
      find('#who').open = false;
      this.#chat.open(next);
      this.#composer.focus();
    });
  }

  #lock() {
    this.#pocketed = true;
    this.#ignored = this.#pushes().length;
    this.#chat.sleep();
    this.#drawPocket();
    find('#unlock').focus();
  }

  #unlock() {
    this.#pocketed = false;
    this.#chat.wake();
    this.#drawPocket();
    goToEnd(find('#chat-scroll'));
    this.look();
    this.#composer.focus();
  }

  #drawPocket() {
    show(find('#lock'), this.#pocketed);
    show(find('#app'), !this.#pocketed);
    find('#pocket').setAttribute('aria-pressed', String(this.#pocketed));
    say(find('#pocket span'), this.#pocketed ? 'Take it out' : 'Put in pocket');
    this.#drawLock();
  }

  /** Pushes FCM took for this device. */
  #pushes() {
    const { fcm_token } = this.#chat.identity;
    return world.pushes.filter((push) => push.accepted && push.token === fcm_token);
  }

  #drawLock() {
    if (this.#pocketed) {
      const notices = this.#pushes().slice(this.#ignored).reverse();
      reconcile(find('#notices'), notices.map((push) => ({
        key: push.key,
        signature: push.key,
        build: () => this.#notice(push),
      })));
    }
    this.#drawBadge();
  }

  #notice({ title, body, time }) {
    const head = el('span', { class: 'notice-head' }, el('strong', {}, title), el('time', {}, clock(time)));
    const open = el('button', { type: 'button', onclick: () => this.#unlock() }, head, el('span', { dir: 'auto' }, body));
    return el('li', {}, open);
  }

  /** An app that sleeps knows of new messages what the last push told it. */
  #drawBadge() {
    const last = this.#pushes().slice(this.#ignored).at(-1);
    const count = this.#pocketed ? Number(last?.badge ?? this.#chat.unread) : this.#chat.unread;
    const badge = find('#badge');
    show(badge, count > 0);
    say(badge, String(count));
    find('#unlock').setAttribute('aria-label', count > 0 ? `Open the Support app, ${count} unread` : 'Open the Support app');
    this.#badge(count);
  }

  #tick() {
    const now = new Date();
    for (const node of document.querySelectorAll('.clock')) say(node, clock(now));
    say(find('.lock-date'), now.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' }));
  }

  async #older() {
    const scroll = find('#chat-scroll');
    const height = scroll.scrollHeight;
    await this.#chat.older();
    scroll.scrollTop += scroll.scrollHeight - height;
  }

  #draw() {
    show(find('#older'), this.#chat.hasOlder);
    reconcile(find('#chat'), this.#entries());
    this.look();
  }

  #entries() {
    const entries = [];
    let shown = '';
    for (const item of this.#chat.sorted()) {
      const date = day(parseTime(item.created_at));
      if (date !== shown) entries.push({ key: `day ${date}`, signature: date, build: () => el('li', { class: 'day' }, date) });
      shown = date;
      entries.push({ key: `m${item.id}`, signature: JSON.stringify(item), build: () => bubble(item) });
    }
    for (const pending of this.#chat.pending) {
      const signature = `${pending.state} ${pending.error}`;
      entries.push({ key: pending.client_msg_id, signature, build: () => this.#waiting(pending) });
    }
    return entries;
  }

  #waiting(pending) {
    const pictures = pending.photos.map(({ file, url }) => photo(url, url, file.name));
    const failed = pending.state === 'failed';
    const words = { sending: 'Sending', waiting: 'Waiting for the network', failed: `Not sent: ${pending.error}` };
    const button = (text, act) => el('button', { type: 'button', class: 'quiet', onclick: act }, text);
    const meta = el('span', { class: 'meta' }, mark('wait', words[pending.state]), pending.state === 'sending' ? null : words[pending.state]);
    const ways = failed ? [button('Send again', () => this.#chat.again(pending)), button('Discard', () => this.#chat.discard(pending))] : [];
    return el('li', { class: `bubble mine ${pending.state}` }, album(pictures), text(pending.text), meta, ...ways);
  }

  #drawTyping() {
    show(find('#agent-typing'), this.#chat.agentTyping);
  }
}

function bubble(item) {
  const mine = item.direction === 'user';
  const time = parseTime(item.created_at);
  const meta = el(
    'span',
    { class: 'meta' },
    item.edited_at ? el('span', { class: 'edited' }, 'edited') : null,
    el('time', { datetime: time.toISOString() }, clock(time)),
    mine ? (item.read ? mark('read', 'Read') : mark('sent', 'Sent')) : null,
  );
  const agent = !mine && item.agent_name ? el('strong', { class: 'agent' }, item.agent_name) : null;
  const { pictures, others } = attachments(item);
  const kind = mine ? 'mine' : 'theirs';
  return el('li', { class: `bubble ${kind}`, 'data-id': item.id }, agent, album(pictures), others, text(item.message), meta);
}

const mark = (name, words) => el('span', { class: `mark ${name}`, role: 'img', 'aria-label': words }, icon(name));
const text = (words) => (words ? el('p', { class: 'words', dir: 'auto' }, words) : null);
const album = (pictures) => (pictures.length > 0 ? el('div', { class: 'album', 'data-count': Math.min(pictures.length, 4) }, pictures) : null);

function attachments(item) {
  const given = item.attachments ?? [];
  const urls = item.photo_urls ?? [];
  const photos = given.filter((one) => one.kind === 'photo');
  // Clients in the field read photo_urls; attachments add thumbnails and the other kinds.
  const pictures = photos.length > 0
    ? photos.map((one, at) => photo(one.thumb_url ?? one.url, one.url, one.name ?? `photo ${at + 1}`))
    : urls.map((url, at) => photo(url, url, `photo ${at + 1}`));
  return { pictures, others: given.filter((one) => one.kind !== 'photo').map(other) };
}

function other(one) {
  const source = { src: one.url, controls: true, preload: 'metadata', class: 'media' };
  switch (one.kind) {
    case 'video':
    case 'video_note':
    case 'animation':
      return el('video', { ...source, 'aria-label': one.name ?? 'Video' });
    case 'voice':
    case 'audio':
      return el('audio', { ...source, 'aria-label': one.name ?? 'Audio' });
    case 'location':
      return el('p', { class: 'file' }, `Location ${one.latitude}, ${one.longitude}`);
    case 'contact':
      return el('p', { class: 'file' }, `Contact ${one.name ?? ''} ${one.phone ?? ''}`);
    default: {
      const size = one.size ? ` (${bytes(one.size)})` : '';
      return el('a', { class: 'file', href: one.url, download: true }, icon('file'), `${one.name ?? 'File'}${size}`);
    }
  }
}

/** The same person and device after a reload. */
function identity() {
  const fresh = { user_id: 'user-1001', user_name: 'Alex', fcm_token: `demo-device-${uuid()}` };
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (kept?.user_id && kept?.fcm_token) return { ...fresh, ...kept };
  } catch {
    // Storage may be off or hold something else; then this visit is a new person.
  }
  keep(fresh);
  return fresh;
}

function keep(who) {
  try {
    localStorage.setItem(KEPT, JSON.stringify(who));
  } catch {
    // Without storage the person lives until the page is closed.
  }
}
