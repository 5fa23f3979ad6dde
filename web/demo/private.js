// A private chat with the bot, as one of two people has it: what the bot sends, its buttons and their answers,
// what the person writes. The bot is told by updates; the page only plays the person.

import { Composer } from './composer.js';
import { clock, el, find, followEnd, goToEnd, icon, reconcile, say, show } from './dom.js';
import { albums, excerpt, files, fullName, pictures } from './posts.js';
import { rich } from './rich.js';
import { world } from './world.js';

const CONTACT = 'Alice';
const TOAST_SHOWN = 4000;

export class PrivateChat {
  #composer;
  #replying = null;
  #answered = null;
  #toastEnds = 0;
  #lastSeen = new Map();
  #onScreen;
  #badge;

  constructor({ onScreen, badge }) {
    this.#onScreen = onScreen;
    this.#badge = badge;
    this.#composer = new Composer(find('#private-composer'), {
      send: (text, photos) => this.#write(text, photos),
      left: () => this.#leave(),
    });
    followEnd(find('#private-scroll'), find('#private-posts'));
    find('#person').addEventListener('change', () => {
      this.#leave();
      this.#toast('');
      this.#draw();
      goToEnd(find('#private-scroll'));
    });
    find('#start').addEventListener('click', () => this.#says('/start'));
    find('#block').addEventListener('click', () => this.#act('block', { blocked: String(!this.#person?.blocked) }));
    world.addEventListener('state', () => this.#draw());
  }

  look() {
    const { id } = this.#person ?? {};
    if (this.#onScreen()) this.#lastSeen.set(id, this.#posts.at(-1)?.id ?? 0);
    const seen = this.#lastSeen.get(id) ?? 0;
    this.#badge(this.#posts.filter((post) => post.by_bot && post.id > seen).length);
  }

  get #name() {
    return find('#person').value || CONTACT;
  }

  get #person() {
    return world.people.find((person) => person.name === this.#name) ?? null;
  }

  get #posts() {
    return world.privatePosts.filter((post) => post.chat_id === this.#person?.id);
  }

  async #write(text, photos) {
    const form = new FormData();
    if (text) form.set('text', text);
    if (this.#replying) form.set('reply_to', this.#replying.id);
    for (const file of photos) form.append('photo', file, file.name);
    await this.#send('say', form);
    this.#leave();
    goToEnd(find('#private-scroll'));
  }

  #send(path, form) {
    form.set('person', this.#name);
    form.set('language', navigator.language.split('-')[0]);
    return world.act(`private/${path}`, form);
  }

  /** As `#send`, for what has no line of its own to show a trouble in. */
  async #act(path, fields) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    await this.#send(path, form).catch((error) => this.#composer.trouble(error.message));
  }

  async #says(text) {
    await this.#act('say', { text });
    goToEnd(find('#private-scroll'));
  }

  #leave() {
    this.#replying = null;
    this.#composer.context(null);
  }

  #reply(post) {
    this.#replying = post;
    this.#composer.context(`Reply to ${post.from}`, excerpt(post), () => this.#leave());
    this.#composer.focus();
  }

  #draw() {
    this.#drawPeople();
    this.#drawAnswers();
    this.#drawPosts();
    this.#drawAround();
    this.look();
  }

  #drawPeople() {
    const agent = world.agents[0];
    const names = [[CONTACT, `${CONTACT}, contact`], [fullName(agent), `${agent.first_name}, agent`]];
    reconcile(find('#person'), names.map(([value, words]) => ({ key: value, signature: words, build: () => el('option', { value }, words) })));
  }

  #drawPosts() {
    const posts = this.#posts;
    show(find('#no-private'), posts.length === 0);
    const waiting = (id) => world.privatePresses.filter((press) => press.chat_id === this.#person.id && press.post_id === id && press.answer === null);
    const entries = albums(posts).map((parts) => {
      const busy = parts.flatMap((part) => waiting(part.id).map((press) => press.data));
      return { key: `${parts[0].chat_id} ${parts[0].id}`, signature: JSON.stringify([parts, busy]), build: () => this.#post(parts, busy) };
    });
    reconcile(find('#private-posts'), entries);
  }

  #post(parts, busy) {
    const post = parts.find((part) => part.text) ?? parts[0];
    const body = el('div', { class: 'post-text', dir: 'auto' });
    body.append(rich(post.html));
    const item = el(
      'li',
      { class: `post ${post.by_bot ? 'bot' : 'agent own'}`, 'data-id': post.id },
      forwarded(post),
      this.#quote(post),
      pictures(parts),
      files(parts),
      place(post),
      contact(post),
      post.text ? body : null,
      this.#buttons(post, busy),
      this.#foot(parts, post),
    );
    item.addEventListener('click', (event) => {
      if (!event.target.closest('a, button') && String(getSelection()) === '') this.#reply(post);
    });
    return item;
  }

  #quote(post) {
    const quoted = this.#posts.find((other) => other.id === post.reply_to);
    if (!quoted) return null;
    return el('div', { class: 'quoted' }, el('strong', {}, quoted.from), el('span', { dir: 'auto' }, excerpt(quoted)));
  }

  /** Rows as the bot laid them out; a button that waits for its answer says so. */
  #buttons(post, busy) {
    const rows = post.reply_markup?.inline_keyboard ?? [];
    if (rows.length === 0) return null;
    const press = (data) => this.#act('press', { message_id: post.id, data });
    const button = ({ text, url, callback_data: data }) => {
      if (url) return el('a', { class: 'press', href: url, target: '_blank', rel: 'noopener noreferrer' }, text);
      return el('button', { type: 'button', class: 'press', 'aria-busy': busy.includes(data) ? 'true' : null, onclick: () => press(data) }, text);
    };
    return el('div', { class: 'press-rows' }, rows.map((row) => el('div', { class: 'presses' }, row.map(button))));
  }

  #foot(parts, post) {
    const edited = parts.some((part) => part.edited_at);
    return el(
      'div',
      { class: 'post-foot' },
      el('button', { type: 'button', class: 'quiet', onclick: () => this.#reply(post) }, icon('reply'), 'Reply'),
      el('span', { class: 'meta' }, edited ? el('span', { class: 'edited' }, 'edited') : null, el('time', { datetime: post.time.toISOString() }, clock(post.time))),
    );
  }

  /** What is around the messages: commands, keyboard, the block, who is typing. */
  #drawAround() {
    const person = this.#person;
    const blocked = person?.blocked ?? false;
    const chips = (list, words) => reconcile(list, words.map(([text, title]) => {
      const build = () => el('button', { type: 'button', title, onclick: () => this.#says(text) }, text);
      return { key: text, signature: `${text} ${title}`, build };
    }));
    const commands = person?.wrote ? person.commands : [];
    show(find('#commands'), commands.length > 0);
    chips(find('#commands'), commands.map(({ command, description }) => [`/${command}`, description]));
    const keyboard = person?.keyboard ?? [];
    show(find('#keyboard'), keyboard.length > 0);
    chips(find('#keyboard'), keyboard.map((text) => [text, '']));
    const button = find('#block');
    button.setAttribute('aria-pressed', String(blocked));
    button.disabled = !person?.wrote;
    show(find('#private-banner'), blocked);
    say(find('#private-banner'), blocked ? `${this.#name} has blocked the bot. Writing lets it back in.` : '');
    const typing = world.privateTyping.some((one) => one.chat_id === person?.id);
    say(find('#private-sub'), typing ? 'typing…' : 'Private chat');
    find('#private-sub').classList.toggle('live', typing);
  }

  /** Answers to presses come up once, in the chat of who pressed; what was answered before is old. */
  #drawAnswers() {
    const answered = world.privatePresses.filter((press) => press.answer !== null);
    const fresh = this.#answered === null ? [] : answered.filter((press) => !this.#answered.has(press.id));
    this.#answered = new Set(answered.map((press) => press.id));
    const last = fresh.findLast((press) => press.chat_id === this.#person?.id && press.answer !== '');
    if (!last) return;
    if (last.alert) {
      say(find('#alert-words'), last.answer);
      if (!find('#alert').open) find('#alert').showModal();
      return;
    }
    this.#toast(last.answer);
  }

  #toast(words) {
    show(find('#toast'), words !== '');
    say(find('#toast'), words);
    clearTimeout(this.#toastEnds);
    if (words) this.#toastEnds = setTimeout(() => this.#toast(''), TOAST_SHOWN);
  }
}

function forwarded(post) {
  const origin = post.forward_origin;
  if (!origin) return null;
  const name = origin.sender_user_name ?? fullName(origin.sender_user);
  return el('div', { class: 'post-head' }, el('span', { class: 'fact' }, `Forwarded from ${name}`));
}

function place({ location }) {
  if (!location) return null;
  return el('div', { class: 'file' }, icon('place'), `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`);
}

function contact(post) {
  if (!post.contact) return null;
  const { first_name: first, last_name: last, phone_number: phone } = post.contact;
  return el('div', { class: 'file' }, icon('person'), `${[first, last].filter(Boolean).join(' ')}, ${phone}`);
}
