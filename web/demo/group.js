// The agents' Telegram group: posts as Telegram shows them, answers, edits, talk among agents, topics.

import { Composer } from './composer.js';
import { clock, el, find, followEnd, goToEnd, icon, reconcile, say, show } from './dom.js';
import { albums, excerpt, files, fullName, pictures } from './posts.js';
import { rich } from './rich.js';
import { world } from './world.js';

const OTHERS = ['Bekzod Karimov', 'Marta Lind'];
const TYPING_SHOWN = 5000;

export class Group {
  #composer;
  #topic = null;
  #replying = null;
  #editing = null;
  #typingSeen = '';
  #typingEnds = 0;
  #lastSeen = null;
  /** The newest post seen of each group. */
  #seenIn = new Map();
  #onScreen;
  #badge;

  constructor({ onScreen, badge }) {
    this.#onScreen = onScreen;
    this.#badge = badge;
    this.#composer = new Composer(find('#group-composer'), {
      send: (text, files) => this.#send(text, files),
      left: () => this.#leave(),
    });
    followEnd(find('#posts-scroll'), find('#posts'));
    find('#agent').addEventListener('change', () => this.#drawPosts());
    find('#add-group').addEventListener('click', () => this.#add());
    world.addEventListener('state', () => this.#draw());
  }

  look() {
    // What was there when the page opened is nothing new.
    if (this.#onScreen() || this.#lastSeen === null) this.#lastSeen = world.posts.at(-1)?.id ?? 0;
    this.#badge(world.posts.filter((post) => post.id > this.#lastSeen).length);
  }

  get #agent() {
    return find('#agent').value || fullName(world.agents[0]);
  }

  async #send(text, files) {
    if (this.#editing) await this.#rewrite(text);
    else await this.#write(text, files);
    this.#leave();
    goToEnd(find('#posts-scroll'));
  }

  #rewrite(text) {
    const form = new FormData();
    form.set('message_id', this.#editing.id);
    form.set('text', text);
    return world.actInGroup('edit', form);
  }

  async #write(text, files) {
    const form = new FormData();
    const thread = this.#replying?.thread_id ?? this.#topic;
    if (text) form.set('text', text);
    if (thread) form.set('thread_id', thread);
    if (this.#replying) form.set('reply_to', this.#replying.id);
    // The first agent has a username too; named without it, it would be somebody else.
    if (this.#agent !== fullName(world.agents[0])) form.set('agent', this.#agent);
    for (const file of files) form.append('photo', file, file.name);
    await world.actInGroup(this.#replying || files.length > 0 ? 'reply' : 'say', form);
  }

  #leave() {
    const edited = this.#editing !== null;
    this.#replying = this.#editing = null;
    this.#composer.context(null);
    this.#composer.photosAllowed(true);
    if (edited) this.#composer.clear();
  }

  #reply(post) {
    this.#leave();
    this.#replying = post;
    this.#composer.context(`Reply to ${post.from}`, excerpt(post), () => this.#leave());
    this.#composer.focus();
  }

  #edit(post) {
    this.#leave();
    this.#editing = post;
    this.#composer.context('Edit your message', excerpt(post), () => this.#leave());
    this.#composer.photosAllowed(false);
    this.#composer.write(post.text);
  }

  #draw() {
    say(find('#group-title'), world.title);
    this.#drawAgents();
    this.#drawGroups();
    this.#drawTopics();
    this.#drawTyping();
    this.#drawPosts();
    this.look();
  }

  #drawAgents() {
    const select = find('#agent');
    const names = [...new Set([...world.agents.map(fullName), ...OTHERS])];
    if (select.dataset.names === names.join()) return;
    const chosen = select.value;
    select.replaceChildren(...names.map((name) => el('option', { value: name }, name)));
    select.dataset.names = names.join();
    if (names.includes(chosen)) select.value = chosen;
  }

  /** One more group with the same agents and the bot; a category can name it by its id. */
  async #add() {
    const form = new FormData();
    form.set('title', `Group ${world.groups.length + 1}`);
    const added = await world.act('group', form).catch((error) => this.#composer.trouble(error.message));
    if (added) await this.#show(added.chat_id);
  }

  async #show(chat) {
    this.#leave();
    this.#topic = null;
    this.#lastSeen = null;
    await world.choose(chat);
    goToEnd(find('#posts-scroll'));
  }

  #drawGroups() {
    const several = world.groups.length > 1;
    const now = world.chat ?? world.groups[0].chat_id;
    show(find('#groups'), several);
    if (!find('#group-sub').classList.contains('live')) say(find('#group-sub'), quietWords());
    reconcile(find('#groups'), world.groups.map((group, at) => {
      const chosen = group.chat_id === now;
      // What was there when the page opened is nothing new.
      if (chosen || !this.#seenIn.has(group.chat_id)) this.#seenIn.set(group.chat_id, group.newest ?? 0);
      const fresh = (group.newest ?? 0) > this.#seenIn.get(group.chat_id);
      const choose = () => this.#show(at === 0 ? null : group.chat_id);
      const build = () => el(
        'button',
        { type: 'button', 'aria-pressed': String(chosen), 'aria-label': fresh ? `${group.title}, new posts` : null, title: `id ${group.chat_id}`, onclick: choose },
        group.title,
        fresh ? el('span', { class: 'fresh', 'aria-hidden': 'true' }) : null,
      );
      return { key: String(group.chat_id), signature: `${group.title} ${chosen} ${fresh}`, build };
    }));
  }

  #drawTopics() {
    show(find('#topics'), world.forum);
    const all = [{ thread_id: null, name: 'All topics' }, ...world.topics];
    reconcile(find('#topics'), all.map((topic) => {
      const chosen = topic.thread_id === this.#topic;
      const choose = () => {
        this.#topic = topic.thread_id;
        this.#draw();
        goToEnd(find('#posts-scroll'));
      };
      const build = () => el('button', { type: 'button', 'aria-pressed': String(chosen), onclick: choose }, topic.name);
      return { key: String(topic.thread_id), signature: `${topic.name} ${chosen}`, build };
    }));
    this.#composer.placeholder(this.#topic ? 'Answer the contact of this topic' : 'Talk among agents');
  }

  /** The bot shows the group that a contact is writing, for as long as Telegram does. */
  #drawTyping() {
    const last = world.typing.at(-1);
    const seen = JSON.stringify(last ?? '');
    if (seen === this.#typingSeen) return;
    this.#typingSeen = seen;
    if (!last) return this.#typingOver();
    clearTimeout(this.#typingEnds);
    this.#typingEnds = setTimeout(() => this.#typingOver(), TYPING_SHOWN);
    const topic = world.topics.find((one) => one.thread_id === last.thread_id);
    say(find('#group-sub'), topic ? `${topic.name} is typing…` : 'A contact is typing…');
    find('#group-sub').classList.add('live');
  }

  #typingOver() {
    say(find('#group-sub'), quietWords());
    find('#group-sub').classList.remove('live');
  }

  #drawPosts() {
    const posts = this.#topic === null ? world.posts : world.posts.filter((post) => post.thread_id === this.#topic);
    show(find('#no-posts'), posts.length === 0);
    const entries = albums(posts).map((parts) => ({
      key: String(parts[0].id),
      signature: JSON.stringify([parts, this.#agent, world.presses.filter((press) => press.post_id === parts[0].id)]),
      build: () => this.#post(parts),
    }));
    reconcile(find('#posts'), entries);
  }

  #post(parts) {
    const post = parts.find((part) => part.text) ?? parts[0];
    if (post.kind === 'service') return el('li', { class: 'service' }, serviceWords(post));
    const own = !post.by_bot && post.from === this.#agent;
    const body = el('div', { class: 'post-text', dir: 'auto' });
    body.append(rich(post.html));
    const item = el(
      'li',
      { class: `post ${post.by_bot ? 'bot' : 'agent'} ${own ? 'own' : ''}`, 'data-id': post.id },
      el('div', { class: 'post-head' }, el('strong', { class: 'post-from' }, post.from), post.by_bot ? el('span', { class: 'fact' }, 'bot') : null),
      this.#quote(post),
      pictures(parts),
      files(parts),
      post.text ? body : null,
      this.#buttons(post),
      this.#foot(parts, post, own),
    );
    item.addEventListener('click', (event) => {
      if (!event.target.closest('a, button, details') && String(getSelection()) === '') this.#reply(post);
    });
    return item;
  }

  #quote(post) {
    const quoted = post.reply_to === post.thread_id ? null : world.posts.find((other) => other.id === post.reply_to);
    if (!quoted) return null;
    return el('div', { class: 'quoted' }, el('strong', {}, quoted.from), el('span', { dir: 'auto' }, excerpt(quoted)));
  }

  /** The bot's buttons under a post; what it says to a press comes with the state. */
  #buttons(post) {
    const rows = post.reply_markup?.inline_keyboard ?? [];
    if (rows.length === 0) return null;
    const press = (text) => {
      const form = new FormData();
      form.set('message_id', post.id);
      form.set('button', text);
      if (this.#agent !== fullName(world.agents[0])) form.set('agent', this.#agent);
      return world.actInGroup('press', form);
    };
    const drawn = rows.flat().map(({ text }) => el('button', { type: 'button', class: 'press', onclick: () => press(text) }, text));
    const last = world.presses.findLast((one) => one.post_id === post.id && one.answer);
    return el('div', { class: 'presses' }, drawn, last ? el('span', { class: 'press-answer' }, `${last.by}: ${last.answer}`) : null);
  }

  #foot(parts, post, own) {
    const button = (name, label, act) => el('button', { type: 'button', class: 'quiet', onclick: act }, icon(name), label);
    return el(
      'div',
      { class: 'post-foot' },
      button('reply', 'Reply', () => this.#reply(post)),
      own ? button('edit', 'Edit', () => this.#edit(post)) : null,
      el('span', { class: 'meta' }, parts.some((part) => part.edited) ? el('span', { class: 'edited' }, 'edited') : null, el('time', { datetime: post.time.toISOString() }, clock(post.time))),
    );
  }
}

/** Where there are several groups, the id is what a category names one by. */
function quietWords() {
  if (world.groups.length < 2) return "Agents' Telegram group";
  return `id ${world.chat ?? world.groups[0].chat_id}`;
}

function serviceWords(post) {
  const topic = world.topics.find((one) => one.thread_id === post.id);
  if (topic) return `Topic “${topic.name}” was opened`;
  return post.text || 'Telegram service message';
}
