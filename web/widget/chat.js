// The chat page: what the server drew stays readable without this; with it, it is the live conversation.

import { keep } from './calls.js';
import { Talk } from './conversation.js';
import { Line } from './line.js';

const place = document.querySelector('#chat');
const status = document.querySelector('#status');
const lang = document.documentElement.lang;
const { session, shown } = place.dataset;
const key = new URLSearchParams(location.search).get('key');
// A bubble of this very origin may have left the visitor's token.
const store = keep(`relaydesk ${location.origin}`);

async function start() {
  const t = await (await fetch(new URL(`widget.${lang}.json`, import.meta.url))).json();
  const own = keep(`relaydesk chat ${session}`);
  let talk;
  const changed = () => {
    if (!talk) return;
    if (!talk.root.isConnected && line.live) enter();
    talk.render();
    if (document.visibilityState === 'visible' && talk.root.isConnected) line.read();
    const words = line.trouble || (line.live === false ? t.offline : line.typing ? t.typing : '');
    if (status.textContent !== words) status.textContent = words;
  };
  const proof = key ? { key } : { token: () => store.read().token };
  const line = new Line({ base: location.origin, lang, store: own, session, changed, ...proof });
  talk = new Talk({ line, t, lang });
  line.start();

  // Only what is live takes the place of what can be read; what was typed meanwhile comes along.
  function enter() {
    const typed = place.querySelector('textarea')?.value ?? '';
    document.querySelector('#main').classList.remove('empty');
    place.replaceChildren(talk.root);
    place.classList.add('rd', 'live');
    talk.text.value = typed;
    talk.focus();
  }
}

// Without a key only whoever has been a visitor here, or sees the page's own words, has anything to do.
if (shown === 'true' || (!key && store.read().token)) start();
