// How one learns of something while looking elsewhere: a number in the title, and the browser's notifications where
// they were asked for by the button.

import { find, notice } from './dom.js';
import { t } from './i18n.js';
import { summary } from './message.js';

const KEY = 'relaydesk-alerts';

export function watchAlerts(store) {
  const button = find('#alerts');
  const title = document.title;
  const granted = () => 'Notification' in window && Notification.permission === 'granted';
  let wanted = false;
  try {
    wanted = localStorage.getItem(KEY) === 'on';
  } catch {
    // Without storage they are asked for anew.
  }
  const draw = () => button.setAttribute('aria-pressed', String(wanted && granted()));

  button.addEventListener('click', async () => {
    if (!('Notification' in window)) {
      notice(t('alerts-missing'), 'bad');
      return;
    }
    const allowed = granted() || (await Notification.requestPermission()) === 'granted';
    wanted = allowed && !(wanted && button.getAttribute('aria-pressed') === 'true');
    try {
      localStorage.setItem(KEY, wanted ? 'on' : 'off');
    } catch {
      // It holds until the page is left.
    }
    notice(t(!allowed ? 'alerts-refused' : wanted ? 'alerts-on' : 'alerts-off'), allowed ? 'info' : 'bad');
    draw();
  });
  draw();

  const concerns = (ticket) => ticket && (!ticket.support_manager || ticket.support_manager.id === store.me.id);

  function alert(head, body, id) {
    if (!wanted || !granted() || (document.visibilityState === 'visible' && document.hasFocus())) return;
    const shown = new Notification(head, { body, tag: `ticket-${id}`, icon: find('link[rel=icon]').href });
    shown.addEventListener('click', () => {
      window.focus();
      location.hash = String(id);
      shown.close();
    });
  }

  store.addEventListener('arrived', ({ detail: { message, ticket } }) => {
    const about = ticket ?? store.tickets.get(message.ticket);
    if (!concerns(about)) return;
    const name = about.user.name || about.user.user_id;
    if (message) alert(name, summary(message), about.id);
  });
  store.addEventListener('given', ({ detail: { id } }) => {
    const ticket = store.tickets.get(id);
    if (ticket) alert(t('alert-given'), ticket.title, id);
  });

  store.addEventListener('list', () => {
    const unread = [...store.tickets.values()].filter((ticket) => concerns(ticket) && !ticket.resolved && ticket.unread_count > 0).length;
    const next = unread > 0 ? `(${unread}) ${title}` : title;
    if (document.title !== next) document.title = next;
  });
}
