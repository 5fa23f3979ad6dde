// What the scripts share: a small world around one contact of a running server. No test lives here.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

export const base = process.env.RELAYDESK_URL;
assert.ok(base, 'RELAYDESK_URL must name a running server, such as http://127.0.0.1:8000');

/** Longest wait for something that should happen at once, in milliseconds. */
const PATIENCE = 10_000;

export async function call(path, body) {
  const options = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(base + path, options);
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** A contact nobody has met. The id wants percent-encoding in a path, on purpose. */
export function someone(name) {
  const id = `${name}/${randomUUID()} я`;
  return {
    id,
    says: async (message) => (await call('/send_message', { user_id: id, message })).message_id,
  };
}

/** A socket that keeps what it hears until somebody asks for it, in order. */
export class Listener {
  constructor(io, options) {
    this.heard = [];
    this.waiting = null;
    this.socket = io(base, { forceNew: true, reconnection: false, ...options });
    for (const event of ['joined', 'new_message', 'message_updated', 'typing', 'error']) {
      this.socket.on(event, (payload) => this.#hear(event, payload));
    }
    for (const event of ['connect_error', 'disconnect']) {
      this.socket.on(event, (reason) => this.#hear(event, `${reason}`));
    }
  }

  #hear(event, payload) {
    this.heard.push([event, payload]);
    this.waiting?.();
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  connected() {
    return within('connect', (done) => (this.socket.connected ? done() : this.socket.on('connect', done)));
  }

  /** Polling first, as clients do by default, then websocket. */
  upgraded() {
    const { engine } = this.socket.io;
    return within('upgrade', (done) =>
      this.transport === 'websocket' ? done() : engine.on('upgrade', () => done()),
    );
  }

  say(event, payload) {
    this.socket.emit(event, payload);
  }

  /** The next thing heard must be this event; returns its payload. */
  async hears(event) {
    if (this.heard.length === 0) {
      await within(event, (done) => {
        this.waiting = done;
      });
      this.waiting = null;
    }
    const [name, payload] = this.heard.shift();
    assert.equal(name, event, `heard ${name} ${JSON.stringify(payload)} instead of ${event}`);
    return payload;
  }

  async joins(contact, after_id) {
    this.say('join_chat', { user_id: contact.id, ...(after_id === undefined ? {} : { after_id }) });
  }

  leaves() {
    this.socket.removeAllListeners?.();
    this.socket.close();
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
