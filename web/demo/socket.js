// Socket.IO v4 over one WebSocket, as much of it as an app needs: connect, events both ways, heartbeat,
// reconnect with backoff. Engine.IO packets: 0 open, 2 ping, 3 pong, 4 message; in a message Socket.IO's:
// 0 connect, 1 disconnect, 2 event, 4 refused.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/** Fires `up`, `down` and `message` (detail: {event, data}). */
export class Socket extends EventTarget {
  #socket = null;
  #wanted = false;
  #connected = false;
  #tries = 0;
  #retry = 0;
  #heartbeat = 0;
  #patience = 45_000;

  get connected() {
    return this.#connected;
  }

  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#tries = 0;
    this.#dial();
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#retry);
    this.#drop();
  }

  emit(event, data) {
    if (!this.#connected) return false;
    this.#socket.send(`42${JSON.stringify([event, data])}`);
    return true;
  }

  #dial() {
    const address = new URL('/socket.io/?EIO=4&transport=websocket', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#listen();
    socket.addEventListener('message', (event) => socket === this.#socket && this.#take(String(event.data)));
    socket.addEventListener('close', () => socket === this.#socket && this.#lost());
  }

  #take(packet) {
    this.#listen();
    if (packet.startsWith('0')) this.#opened(packet.slice(1));
    else if (packet === '2') this.#socket.send('3');
    else if (packet.startsWith('40')) this.#up();
    else if (packet.startsWith('42')) this.#event(packet);
    else if (packet === '1' || packet.startsWith('41') || packet.startsWith('44')) this.#lost();
  }

  #opened(json) {
    const { pingInterval = 25_000, pingTimeout = 20_000 } = parsed(json) ?? {};
    this.#patience = pingInterval + pingTimeout;
    this.#listen();
    this.#socket.send('40');
  }

  #up() {
    this.#connected = true;
    this.#tries = 0;
    this.dispatchEvent(new Event('up'));
  }

  #event(packet) {
    // Digits before the array would be an acknowledgement id; a namespace cannot come, none was joined.
    const content = parsed(packet.slice(packet.indexOf('[')));
    if (!Array.isArray(content)) return;
    const [event, data] = content;
    this.dispatchEvent(new CustomEvent('message', { detail: { event, data } }));
  }

  /** The server pings; when it falls silent for longer than it promised, the line is dead. */
  #listen() {
    clearTimeout(this.#heartbeat);
    this.#heartbeat = setTimeout(() => this.#lost(), this.#patience);
  }

  #drop() {
    clearTimeout(this.#heartbeat);
    const socket = this.#socket;
    const was = this.#connected;
    this.#socket = null;
    this.#connected = false;
    socket?.close();
    if (was) this.dispatchEvent(new Event('down'));
  }

  #lost() {
    this.#drop();
    if (!this.#wanted) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#dial(), wait / 2 + Math.random() * (wait / 2));
  }
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
