// A real EventSource against a running server: a web session's events, cut and resumed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventSource } from 'eventsource';
import { base } from './contract.mjs';

/** Longest wait for something that should happen at once, in milliseconds. */
const PATIENCE = 10_000;

async function post(path, body, token) {
  const answer = await fetch(`${base}/support/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

/** An anonymous contact with a session. */
async function visitor() {
  const { token } = await post('visitors/', {});
  const first = await post('messages/', { content: 'first', message_type: 'text' }, token);
  const session = first.session_id;
  return {
    token,
    session,
    first: first.message.id,
    key: new URL(first.session_link).searchParams.get('key'),
    says: async (content) => (await post('messages/', { content, session_id: session }, token)).message.id,
    does: (what) => post(`sessions/${session}/${what}/`, {}, token),
  };
}

/** A stream that keeps what it hears until somebody asks for it, in order. */
class Stream {
  constructor(session, query) {
    this.heard = [];
    this.waiting = null;
    this.connections = 0;
    this.source = new EventSource(`${base}/support/api/sessions/${session}/events/?${query}`, {
      fetch: async (url, init) => {
        this.connections += 1;
        const answer = await fetch(url, init);
        const reader = answer.body.getReader();
        this.cut = () => reader.cancel();
        const body = new ReadableStream({
          async pull(into) {
            const { done, value } = await reader.read();
            if (done) into.close();
            else into.enqueue(value);
          },
        });
        return new Response(body, { status: answer.status, headers: answer.headers });
      },
    });
    for (const name of ['message', 'message_updated', 'message_deleted', 'typing', 'read', 'closed']) {
      this.source.addEventListener(name, (event) => {
        this.heard.push([name, JSON.parse(event.data), event.lastEventId]);
        this.waiting?.();
      });
    }
  }

  opened() {
    return within('open', (done) => {
      if (this.source.readyState === 1) done();
      else this.source.addEventListener('open', () => done(), { once: true });
    });
  }

  async hears(name) {
    if (this.heard.length === 0) await within(name, (done) => (this.waiting = done));
    this.waiting = null;
    const [heard, data, id] = this.heard.shift();
    assert.equal(heard, name, JSON.stringify(data));
    return { data, id };
  }
}

function within(what, start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within ${PATIENCE} ms`)), PATIENCE);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

test('an EventSource hears what happens, by token and by key', async (t) => {
  const ann = await visitor();
  for (const query of [`access_token=${encodeURIComponent(ann.token)}`, `key=${encodeURIComponent(ann.key)}`]) {
    const stream = new Stream(ann.session, query);
    t.after(() => stream.source.close());
    await stream.opened();
    const id = await ann.says('"two" <b>\n\u{1F600}');
    const live = await stream.hears('message');
    assert.deepEqual([live.data.id, live.id, live.data.content], [id, id, '"two" <b>\n\u{1F600}']);
    await ann.does('close');
    const closed = await stream.hears('closed');
    assert.equal(closed.data.is_active, false);
    stream.source.close();
    await ann.says('open again');
  }
});

test('cut off, it comes back by itself and misses nothing', async (t) => {
  const ann = await visitor();
  const stream = new Stream(ann.session, `access_token=${encodeURIComponent(ann.token)}&after_id=${ann.first}`);
  t.after(() => stream.source.close());
  const ids = [await ann.says('one')];
  assert.equal((await stream.hears('message')).id, ids[0]);
  stream.cut();
  for (const content of ['two', 'three', 'four']) ids.push(await ann.says(content));
  for (const id of ids.slice(1)) assert.equal((await stream.hears('message')).id, id);
  assert.equal(stream.connections, 2);
});
