// The operators' websocket, by a client that is not ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { base, someone } from './contract.mjs';

const key = process.env.RELAYDESK_API_TOKEN;
assert.ok(key, 'RELAYDESK_API_TOKEN must be the API_TOKEN of the running server');
const address = `${base.replace(/^http/, 'ws')}/ws/support/manager/`;
const signedIn = { headers: { authorization: `Bearer ${key}`, 'accept-language': 'en' } };

/** A page of an operator, which keeps what it hears until somebody asks for it. */
class Page {
  static async opens(t) {
    const page = new Page();
    page.heard = [];
    page.socket = new WebSocket(address, signedIn);
    page.socket.on('message', (data, binary) => {
      assert.equal(binary, false);
      page.heard.push(JSON.parse(data));
      page.wake?.();
    });
    t.after(() => page.socket.terminate());
    await new Promise((resolve, reject) => {
      page.socket.once('open', resolve);
      page.socket.once('error', reject);
    });
    return page;
  }

  says(frame) {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first frame that fits; what came before it is forgotten. */
  async hears(type, fits = () => true) {
    const until = Date.now() + 10_000;
    for (;;) {
      while (this.heard.length > 0) {
        const frame = this.heard.shift();
        if (frame.type === type && fits(frame)) return frame;
      }
      const left = until - Date.now();
      assert.ok(left > 0, `in vain waited for ${type}`);
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, Math.min(left, 200));
      });
    }
  }
}

async function staff(path, body, method = body ? 'POST' : 'GET') {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

test('who is not signed in stays outside', async () => {
  for (const options of [{}, { headers: { authorization: 'Bearer nobody' } }]) {
    const socket = new WebSocket(address, options);
    const status = await new Promise((resolve) => {
      socket.once('unexpected-response', (_, answer) => resolve(answer.statusCode));
      socket.once('open', () => resolve(101));
    });
    assert.equal(status, 401);
    socket.on('error', () => {});
    socket.terminate();
  }
});

test('a new message is told with its ticket, and the answer reaches the contact', async (t) => {
  const page = await Page.opens(t);
  const alice = someone('alice');
  const id = await alice.says('where is my order?');
  const created = await page.hears('ticket.created', ({ ticket }) => ticket.user.user_id === alice.id);
  const told = await page.hears('ticket.message.new', ({ message }) => message.id === id);
  assert.deepEqual(
    [told.message.sender, told.message.text, told.message.viewed, told.message.ticket, told.message.attachments],
    ['user', 'where is my order?', false, created.ticket.id, []],
  );
  const ticket = created.ticket.id;
  page.says({ type: 'ticket.message.new', ticket_id: ticket, text: 'on its way' });
  const answer = await page.hears('ticket.message.new', ({ message }) => message.text === 'on its way');
  assert.deepEqual([answer.message.sender, answer.message.viewed], ['supp', true]);
  const messages = await staff(`/support/tickets/${ticket}/messages/?limit=1`);
  assert.equal(messages.results[0].id, answer.message.id);
  page.says({ type: 'ticket.resolve', ticket_id: ticket, resolved: true });
  const resolved = await page.hears('ticket.resolved', (frame) => frame.id === ticket);
  assert.deepEqual(resolved, { type: 'ticket.resolved', id: ticket, resolved: true });
  assert.equal((await staff(`/support/tickets/${ticket}/`)).resolved, true);
});

test('a bad frame is answered and the socket lives on', async (t) => {
  const page = await Page.opens(t);
  for (const [frame, code] of [
    ['no json', 'invalid_json'],
    [{}, 'unknown_type'],
    [{ type: 'ticket.fly' }, 'unknown_type'],
    [{ type: 'ticket.typing', ticket_id: 999999999 }, 'ticket_not_found'],
    [{ type: 'ticket.assign', ticket_id: 'x' }, 'invalid_field'],
  ]) {
    page.says(frame);
    const error = await page.hears('error');
    assert.equal(error.code, code);
    assert.equal(typeof error.message, 'string');
  }
  assert.equal(page.socket.readyState, WebSocket.OPEN);
});

test('one side may end it, and pings are answered', async (t) => {
  const page = await Page.opens(t);
  const pong = new Promise((resolve) => page.socket.once('pong', resolve));
  page.socket.ping('are you there?');
  assert.equal(String(await pong), 'are you there?');
  const closed = new Promise((resolve) => page.socket.once('close', resolve));
  page.socket.close(1000);
  assert.equal(await closed, 1000);
});
