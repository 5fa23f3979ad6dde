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

  /** What a frame says is enough for a ticket that is known; others are fetched where the list may want them. */
  function change(id, how, wanted = false) {
    const ticket = store.tickets.get(id);
    if (ticket) store.put({ ...ticket, ...how(ticket) });
    else if (wanted || !store.more) refresh(id);
  }

  const frames = {
    'ticket.created': ({ ticket }) => {
      store.put(ticket);
      store.tell('arrived', { ticket });
    },
    'ticket.assigned': ({ id, support_manager: manager }) => {
      const given = manager === store.me.id && store.tickets.get(id)?.support_manager?.id !== manager;
      const agent = manager === null ? null : { id: manager, first_name: store.agentName(manager), last_name: '' };
      const status = (ticket) => (['open', 'waiting_admin'].includes(ticket.status) ? { status: agent ? 'waiting_admin' : 'open' } : {});
      change(id, (ticket) => ({ support_manager: agent, ...status(ticket) }), given);
      if (given) store.tell('given', { id });
    },
    'ticket.resolved': ({ id, resolved }) => change(id, (ticket) => ({ resolved, status: resolved ? 'closed' : ticket.support_manager ? 'waiting_admin' : 'open' })),
    'ticket.message.new': ({ message }) => {
      if (store.tickets.has(message.ticket)) store.take(message);
      else refresh(message.ticket);
      if (message.sender === 'user') store.tell('arrived', { message });
    },
    'ticket.message.updated': ({ message }) => store.take(message, { isNew: false }),
    'ticket.message.deleted': ({ id, ticket }) => {
      if (ticket === store.opened) store.drop(id);
      refresh(ticket);
    },
    // A colleague has read it, or this one in another window.
    'ticket.message.viewed': ({ ticket_id: id, up_to_id: upTo }) => change(id, (ticket) => (upTo >= (ticket.last_message?.id ?? 0) ? { unread_count: 0, viewed: true } : {})),
    'ticket.message.read': ({ ticket_id: id, up_to_id: upTo }) => id === store.opened && store.readByContact(upTo),
    'ticket.typing': ({ ticket_id: id, by }) => id === store.opened && by === 'user' && store.setTyping(true),
    'ticket.rated': ({ ticket_id: id, rating }) => change(id, () => ({ rating })),
    'ticket.noted': ({ ticket_id: id }) => id === store.opened && store.loadNotes(),
    'ticket.changed': ({ ticket }) => store.put(ticket),
    'ticket.deleted': ({ id }) => store.forget(id),
    error: ({ code, message }) => notice(message ?? code, 'bad'),
  };
  line.addEventListener('frame', ({ detail }) => frames[detail?.type]?.(detail));
  line.open();
}
