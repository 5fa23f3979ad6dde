// The operator's desk: puts the parts together. State is in `store.js`; each pane draws itself from it.

import { watchAlerts } from './alerts.js';
import { Card } from './card.js';
import { Composer } from './composer.js';
import { find, notice } from './dom.js';
import { t } from './i18n.js';
import { watchKeys } from './keys.js';
import { List } from './list.js';
import { watchLine } from './live.js';
import { Store } from './store.js';
import { Talk } from './talk.js';
import { TalkHead } from './talk_head.js';
import { setUpViewer } from './viewer.js';

const main = find('#main');
const store = new Store({ id: Number(main.dataset.agent), role: main.dataset.role, name: main.dataset.name });
const list = new List(store);
const talk = new Talk(store);
const head = new TalkHead(store);
const composer = new Composer(store, talk);
const card = new Card(store);

/** Which ticket is open stands in the address, so a reload and the way back lead where one was. */
function follow() {
  const id = Number(location.hash.slice(1)) || null;
  main.dataset.pane = id ? 'talk' : 'list';
  store.open(id).catch((error) => {
    notice(error.message, 'bad');
    if (error.status === 404) history.replaceState(null, '', location.pathname + location.search);
  });
}

addEventListener('hashchange', follow);
setUpViewer();
watchAlerts(store);
watchKeys({ store, list, head, composer, card });
watchLine(store);
find('#back').addEventListener('click', () => {
  const left = store.opened;
  location.hash = '';
  list.focusOn(left);
});

try {
  await store.start();
} catch (error) {
  notice(error.message || t('failed'), 'bad');
}
follow();
