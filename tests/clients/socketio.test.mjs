// Real Socket.IO clients, old and new, against a running server: the event table of the mobile interface.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import io2 from 'socket.io-client-2';
import { io as io3 } from 'socket.io-client-3';
import { io as io4 } from 'socket.io-client-4';
import { call, Listener, someone } from './contract.mjs';

const CLIENTS = { 2: io2, 3: io3, 4: io4 };
const TRANSPORTS = {
  'websocket only': { transports: ['websocket'] },
  'polling, then websocket': {},
  'polling only': { transports: ['polling'], upgrade: false },
};

const ITEM_KEYS = [
  'id', 'message', 'photo_url', 'photo_urls', 'direction', 'created_at', 'attachments', 'agent_name', 'edited_at',
  'read', 'user_id',
];

for (const [version, io] of Object.entries(CLIENTS)) {
  for (const [name, options] of Object.entries(TRANSPORTS)) {
    describe(`socket.io-client ${version}, ${name}`, () => plays(io, options));
  }
}

function plays(io, options) {
  async function listening(t) {
    const listener = new Listener(io, options);
    t.after(() => listener.leaves());
    await listener.connected();
    if (!options.transports) await listener.upgraded();
    assert.equal(listener.transport, options.upgrade === false ? 'polling' : 'websocket');
    return listener;
  }

  test('what was missed comes first, then joined, then what happens', async (t) => {
    const alice = someone('alice');
    const missed = [await alice.says('one'), await alice.says('two'), await alice.says('three')];
    const phone = await listening(t);
    await phone.joins(alice, missed[0]);
    assert.equal((await phone.hears('new_message')).id, missed[1]);
    assert.equal((await phone.hears('new_message')).id, missed[2]);
    assert.deepEqual(await phone.hears('joined'), { user_id: alice.id, status: 'connected', has_more: false });
    const live = await alice.says('"four" <b>\n\u{1F600}');
    const item = await phone.hears('new_message');
    assert.deepEqual(ITEM_KEYS.filter((key) => !(key in item)), []);
    assert.deepEqual([item.id, item.message, item.direction, item.user_id], [live, '"four" <b>\n\u{1F600}', 'user', alice.id]);
    assert.match(item.created_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  test('without a cursor only what happens from now on comes', async (t) => {
    const alice = someone('alice');
    await alice.says('before');
    const phone = await listening(t);
    await phone.joins(alice);
    assert.equal((await phone.hears('joined')).user_id, alice.id);
    const live = await alice.says('after');
    assert.equal((await phone.hears('new_message')).id, live);
  });

  test('both phones of a contact hear a message once, a stranger hears nothing', async (t) => {
    const [alice, mallory] = [someone('alice'), someone('mallory')];
    const phones = [await listening(t), await listening(t)];
    const stranger = await listening(t);
    for (const phone of phones) {
      await phone.joins(alice);
      await phone.hears('joined');
    }
    await stranger.joins(mallory);
    await stranger.hears('joined');
    const ids = [await alice.says('one'), await alice.says('two')];
    for (const phone of phones) {
      assert.equal((await phone.hears('new_message')).id, ids[0]);
      assert.equal((await phone.hears('new_message')).id, ids[1]);
    }
    const own = await mallory.says('mine');
    assert.equal((await stranger.hears('new_message')).id, own);
  });

  test('a bad payload is answered with an error and the socket lives on', async (t) => {
    const alice = someone('alice');
    const phone = await listening(t);
    const bad = [undefined, null, {}, [], 7, 'x', { user_id: 7 }, { user_id: '' }, { user_id: 'a\nb' }];
    for (const event of ['join_chat', 'leave_chat', 'mark_read']) {
      for (const payload of bad) {
        phone.say(event, payload);
        const error = await phone.hears('error');
        assert.equal(typeof error.message, 'string', `${event} ${JSON.stringify(payload)}`);
        assert.match(error.code, /^[a-z_]+$/, `${event} ${JSON.stringify(payload)}`);
      }
    }
    phone.say('join_chat', { user_id: alice.id, after_id: 'no number' });
    assert.equal(typeof (await phone.hears('error')).message, 'string');
    phone.say('an_event_nobody_knows', { user_id: alice.id });
    await phone.joins(alice);
    await phone.hears('joined');
  });

  test('after leaving nothing comes, after joining again what was missed does', async (t) => {
    const alice = someone('alice');
    const phone = await listening(t);
    await phone.joins(alice);
    await phone.hears('joined');
    const heard = await alice.says('one');
    assert.equal((await phone.hears('new_message')).id, heard);
    phone.say('leave_chat', { user_id: alice.id });
    // Events of one socket are handled in order: the answer to this one says that leaving is done.
    phone.say('leave_chat', {});
    await phone.hears('error');
    const missed = await alice.says('two');
    await phone.joins(alice, heard);
    assert.equal((await phone.hears('new_message')).id, missed);
    await phone.hears('joined');
  });

  test('a socket that was cut finds everything again, in order and once', async (t) => {
    const alice = someone('alice');
    const first = await listening(t);
    await first.joins(alice, 0);
    await first.hears('joined');
    const seen = await alice.says('seen');
    assert.equal((await first.hears('new_message')).id, seen);
    first.leaves();
    const missed = [];
    for (const word of ['a', 'b', 'c']) missed.push(await alice.says(word));
    const second = await listening(t);
    await second.joins(alice, seen);
    for (const id of missed) assert.equal((await second.hears('new_message')).id, id);
    await second.hears('joined');
  });

  test('typing and reading are taken without a word', async (t) => {
    const alice = someone('alice');
    const phone = await listening(t);
    await phone.joins(alice);
    await phone.hears('joined');
    phone.say('typing', { user_id: alice.id, typing: true });
    phone.say('mark_read', { user_id: alice.id, up_to_id: 0 });
    const live = await alice.says('done typing');
    assert.equal((await phone.hears('new_message')).id, live);
    const history = await call(`/message_history/${encodeURIComponent(alice.id)}?after_id=0`);
    assert.ok(history.messages.some(({ id }) => id === live));
  });
}
