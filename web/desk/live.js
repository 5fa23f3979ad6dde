// Frames of the manager socket into the store, and what is done when the line was down: the list and the open
// conversation are fetched anew, back to what is known.

import { get } from './api.js';
import { find, later, notice, say, show } from './dom.js';
import { t } from './i18n.js';
import { Line } from './socket.js';

/** @param {import('./store.js').Store} store */
export function watchLine(store) {
  const line = new Line('/ws/support/manager/');
  const mark = find('#line');
  let wasUp = false;

  store.send = (frame) => line.send(frame);
  const tellState = (up) => {
    store.online = up;
    say(mark, up ? '' : t('line-down'));
    show(mark, !up);
    store.tell('line');
  };

  async function resume() {
    try {
      await store.reload(store.order.length);
      if (store.opened === null) return;
      await store.refresh(store.opened);
      store.send({ type: 'ticket.watch', ticket_id: store.opened });
      await store.catchUp();
    } catch {
      // The line says that it is down; when it is up again this runs again.
    }
  }

  line.addEventListener('up', () => {
    tellState(true);
    if (wasUp) resume();
    else if (store.opened !== null) line.send({ type: 'ticket.watch', ticket_id: store.opened });
    wasUp = true;
  });
  line.addEventListener('down', () => tellState(false));
  // Not let in: either the server is away, or one is not signed in any more, and then the call leads to sign in.
  line.addEventListener('refused', () => {
    tellState(false);
    get('/auth/me').catch(() => {});
  });

  const refetch = new Map();
  /** One look at a ticket, however many frames speak of it at once. */
  function refresh(id) {
    if (!refetch.has(id)) {
      refetch.set(id, later(150, () => {
        refetch.delete(id);
        store.refresh(id).catch((error) => error.status === 404 && store.forget(id));
      }));
    }
    refetch.get(id)();
  }

  const known = (id, change) => {
    const ticket = store.tickets.get(id);
    if (ticket) store.put({ ...ticket, ...change(ticket) });
    refresh(id);
  };

  const frames = {
    'ticket.created': ({ ticket }) => {
      store.put(ticket);
      store.tell('arrived', { ticket });
    },
    'ticket.assigned': ({ id, support_manager: manager }) => {
      const before = store.tickets.get(id)?.support_manager?.id;
      const agent = store.agents.find((one) => one.id === manager);
      known(id, () => ({ support_manager: manager === null ? null : { id: manager, first_name: agent?.name ?? '', last_name: '' } }));
      if (manager === store.me.id && before !== manager) store.tell('given', { id });
    },
    'ticket.resolved': ({ id, resolved }) => known(id, () => ({ resolved, status: resolved ? 'closed' : 'open' })),
    'ticket.message.new': ({ message }) => {
      const ticket = store.tickets.get(message.ticket);
      store.take(message);
      if (!ticket || message.sender === 'user') refresh(message.ticket);
      if (message.sender === 'user') store.tell('arrived', { message });
    },
    'ticket.message.updated': ({ message }) => store.take(message, { isNew: false }),
    'ticket.message.deleted': ({ id, ticket }) => {
      if (ticket === store.opened) store.drop(id);
      refresh(ticket);
    },
    'ticket.message.viewed': ({ ticket_id: id, up_to_id: upTo, by }) => {
      if (id === store.opened && by !== 'supp') {
        store.messages = store.messages.map((message) => (message.sender === 'supp' && message.id <= upTo ? { ...message, read: true } : message));
        store.tell('messages');
      }
      if (by !== 'user') refresh(id);
    },
    'ticket.typing': ({ ticket_id: id, by }) => id === store.opened && by === 'user' && store.setTyping(true),
    'ticket.rated': ({ ticket_id: id, id: other }) => refresh(id ?? other),
    'ticket.noted': ({ ticket_id: id, id: other }) => (id ?? other) === store.opened && store.loadNotes(),
    'ticket.changed': ({ ticket_id: id, id: other }) => refresh(id ?? other),
    'ticket.updated': ({ ticket_id: id, id: other, ticket }) => (ticket ? store.put(ticket) : refresh(id ?? other)),
    'ticket.deleted': ({ ticket_id: id, id: other }) => store.forget(id ?? other),
    error: ({ code, message }) => code !== 'unknown_type' && notice(message ?? code, 'bad'),
  };
  line.addEventListener('frame', ({ detail }) => frames[detail?.type]?.(detail));
  line.open();
}
