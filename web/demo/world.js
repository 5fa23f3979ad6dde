// What goes on outside the app: the sandbox's state, followed by server-sent events, and the server's
// own report of its parts and queue.

import { get, post } from './calls.js';
import { parseTime } from './dom.js';

const API = '/demo/api';
const SHORTEST_GAP = 250;
const CALM = 3000;
const BUSY = 1000;

class World extends EventTarget {
  posts = [];
  topics = [];
  pushes = [];
  agents = [];
  presses = [];
  people = [];
  privatePosts = [];
  privatePresses = [];
  privateTyping = [];
  faults = { telegram: 'up', fcm: 'up' };
  forum = false;
  title = 'Support';
  /** The groups, and the id of the one that is shown; null is the first. */
  groups = [];
  chat = null;
  typing = [];
  ready = null;

  #fetching = false;
  #again = false;
  #poll = 0;

  start() {
    const events = new EventSource(`${API}/events`);
    events.addEventListener('changed', () => this.refresh());
    events.addEventListener('open', () => this.#online(true));
    events.addEventListener('error', () => this.#online(false));
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#look());
    this.#look();
  }

  /** Asks for the state, at most a few times a second; the last change is never missed. */
  async refresh() {
    this.#again = true;
    if (this.#fetching) return;
    this.#fetching = true;
    while (this.#again) {
      this.#again = false;
      const asked = this.chat;
      const state = await get(asked === null ? `${API}/state` : `${API}/state/${asked}`).catch((error) => this.#lost(error));
      // Another group may have been chosen meanwhile; it is asked for next.
      if (state && asked === this.chat) this.#take(state);
      await new Promise((done) => setTimeout(done, SHORTEST_GAP));
    }
    this.#fetching = false;
  }

  /** Shows another group. */
  choose(chat) {
    this.chat = chat;
    return this.refresh();
  }

  /** What is done in the group that is shown. */
  actInGroup(path, form) {
    if (this.chat !== null) form.set('group', this.chat);
    return this.act(path, form);
  }

  /** `reply`, `edit`, `say`, `press`, `group`, `private/…` or `faults`; throws with the sandbox's words. */
  async act(path, body) {
    const done = await post(`${API}/${path}`, body);
    this.refresh();
    this.#look();
    return done;
  }

  fileUrl(file) {
    return `${API}/${file.url}`;
  }

  /** A group that moved has another id; the first is shown then. */
  #lost(error) {
    if (error.status === 404) {
      this.chat = null;
      this.#again = true;
    }
    return null;
  }

  #take(state) {
    this.posts = state.posts.filter((post) => !post.deleted).map((post) => ({ ...post, time: parseTime(post.at) }));
    this.topics = state.topics.filter((topic) => !topic.deleted);
    this.agents = state.agents;
    const { chat_id } = state.group;
    this.presses = state.presses.filter((press) => press.chat_id === chat_id);
    this.groups = state.groups;
    this.privatePresses = state.presses.filter((press) => press.chat_id > 0);
    this.privatePosts = state.private_posts.filter((post) => !post.deleted).map((post) => ({ ...post, time: parseTime(post.at) }));
    this.privateTyping = state.typing.filter((typing) => !overtaken(typing, state.private_posts));
    this.people = state.people;
    this.faults = state.faults;
    this.forum = state.forum;
    this.title = state.group.title;
    this.typing = state.typing.filter((typing) => typing.chat_id === chat_id && !overtaken(typing, state.posts));
    this.pushes = drawnPushes(state);
    this.dispatchEvent(new Event('state'));
  }

  async #look() {
    clearTimeout(this.#poll);
    if (document.visibilityState === 'visible') {
      // A server that is stopping answers 503 with the same document.
      const answer = await fetch('/ready').catch(() => null);
      this.ready = (await answer?.json().catch(() => null)) ?? null;
      this.dispatchEvent(new Event('ready'));
    }
    clearTimeout(this.#poll);
    const busy = this.faults.telegram !== 'up' || this.faults.fcm !== 'up' || this.ready?.queue?.waiting > 0;
    this.#poll = setTimeout(() => this.#look(), busy ? BUSY : CALM);
  }

  #online(online) {
    this.online = online;
    this.dispatchEvent(new Event('ready'));
  }
}

/** Telegram takes a chat action away when the bot's next post arrives. */
function overtaken(typing, posts) {
  return posts.some((post) => post.by_bot && post.chat_id === typing.chat_id && post.thread_id === typing.thread_id && ms(post.at_monotonic) > ms(typing.at));
}

/** A push carries the sandbox's monotonic time only; any post tells how far that is from the wall's. */
function drawnPushes({ pushes, posts }) {
  const post = posts.at(-1);
  const offset = post ? parseTime(post.at).getTime() - ms(post.at_monotonic) : null;
  return pushes.map((push) => {
    const message = push.message ?? {};
    const at = ms(push.at);
    return {
      key: `${at} ${push.token} ${message.data?.message_id ?? ''}`,
      token: push.token,
      title: message.notification?.title ?? 'Data only',
      body: message.notification?.body ?? '',
      badge: message.apns?.payload?.aps?.badge ?? null,
      accepted: push.accepted,
      error: push.error,
      time: offset === null ? new Date() : new Date(offset + at),
      message,
    };
  });
}

const ms = (duration) => (typeof duration === 'number' ? duration : duration.secs * 1000 + duration.nanos / 1e6);

export const world = new World();
