// A WebSocket of JSON frames that comes back by itself: waits grow and are spread, so that a restarted server is not
// overrun. Fires `up`, `down` and `frame` (detail: the frame).

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** A line that is this long in opening, or in answering, is dead. */
const PATIENCE = 10_000;
/** A line that is silent this long is asked whether it is there: some die without a word. */
const SILENCE = 25_000;

export class Line extends EventTarget {
  #path;
  #socket = null;
  #wanted = false;
  #tries = 0;
  #timer = 0;
  up = false;

  constructor(path) {
    super();
    this.#path = path;
    // The machine knows best when trying makes sense.
    addEventListener('online', () => this.retry());
    addEventListener('offline', () => this.#lost());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.retry());
  }

  open() {
    this.#wanted = true;
    this.retry();
  }

  close() {
    this.#wanted = false;
    this.#drop();
  }

  /** Tries at once where it would wait. */
  retry() {
    if (!this.#wanted || this.#socket) return;
    clearTimeout(this.#timer);
    this.#dial();
  }

  /** Says whether the frame was sent; one that was not is lost. */
  send(frame) {
    if (!this.up) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #dial() {
    const address = new URL(this.#path, location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    this.#socket = socket;
    const current = (act) => (event) => socket === this.#socket && act(event);
    this.#timer = setTimeout(current(() => this.#lost()), PATIENCE);
    socket.addEventListener('open', current(() => this.#opened()));
    socket.addEventListener('message', current((event) => this.#take(event.data)));
    socket.addEventListener('close', current(() => this.#lost()));
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#tries = 0;
    this.up = true;
    this.#listen();
    this.dispatchEvent(new Event('up'));
  }

  #listen() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.send({ type: 'ping' });
      this.#timer = setTimeout(() => this.#lost(), PATIENCE);
    }, SILENCE);
  }

  #take(data) {
    this.#listen();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      return;
    }
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
  }

  #drop() {
    const socket = this.#socket;
    const was = this.up;
    this.#socket = null;
    this.up = false;
    clearTimeout(this.#timer);
    socket?.close();
    if (was) this.dispatchEvent(new Event('down'));
  }

  #lost() {
    if (!this.#wanted) return;
    const refused = this.#socket !== null && !this.up;
    this.#drop();
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.retry(), wait / 2 + Math.random() * (wait / 2));
    // Browsers do not say why a socket was refused; whoever listens may look whether it is still signed in.
    if (refused) this.dispatchEvent(new Event('refused'));
  }
}
