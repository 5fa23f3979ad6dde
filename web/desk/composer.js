// Writing: an answer or a note, with files that are chosen, pasted or dropped. A draft stays with its ticket until it
// is sent; what could not be sent stays where it was written.

import { call, post } from './api.js';
import { CannedPicker } from './canned.js';
import { all, el, find, icon, notice, say, show } from './dom.js';
import { bytes, t } from './i18n.js';

const FILES_MOST = 10;
const FILE_BYTES = 10 * 1024 * 1024;
/** Typing is told again this often while it lasts. */
const TYPING_EVERY_MS = 3000;

export class Composer {
  #store;
  #talk;
  #form = find('#composer');
  #text = find('#text');
  #picker;
  /** By ticket: what was written and not sent. */
  #drafts = new Map();
  #draft = fresh();
  #sending = false;
  #told = -Infinity;

  constructor(store, talk) {
    this.#store = store;
    this.#talk = talk;
    this.#picker = new CannedPicker((answer) => this.#insert(answer), () => this.#text.focus());
    store.addEventListener('open', () => this.#opened());
    store.addEventListener('line', () => this.#draw());
    for (const button of all('[data-mode]', this.#form)) button.addEventListener('click', () => this.write(button.dataset.mode));
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener('input', () => this.#changed());
    this.#text.addEventListener('keydown', (event) => this.#key(event));
    find('#attach').addEventListener('click', () => find('#files').click());
    find('#files').addEventListener('change', (event) => {
      this.#add([...event.target.files]);
      event.target.value = '';
    });
    find('#canned').addEventListener('click', () => this.#picker.toggle());
    this.#watchDrops();
  }

  /** Puts the cursor where an answer or a note is written. */
  write(mode) {
    if (this.#form.hidden) return;
    this.#draft.mode = mode;
    this.#draw();
    this.#text.focus();
  }

  #opened() {
    const id = this.#store.opened;
    this.#picker.close();
    if (id === null) return;
    if (!this.#drafts.has(id)) this.#drafts.set(id, fresh());
    if (this.#draft === this.#drafts.get(id)) return;
    this.#draft = this.#drafts.get(id);
    this.#text.value = this.#draft.text;
    this.#draw();
    this.#grow();
  }

  #changed() {
    this.#draft.text = this.#text.value;
    this.#grow();
    this.#drawSend();
    const now = performance.now();
    if (this.#draft.mode === 'reply' && this.#draft.text && now - this.#told > TYPING_EVERY_MS) {
      if (this.#store.send({ type: 'ticket.typing', ticket_id: this.#store.opened })) this.#told = now;
    }
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === '/' && this.#text.value === '' && this.#draft.mode === 'reply') {
      event.preventDefault();
      this.#picker.open();
      return;
    }
    // On a touch keyboard Enter is the only way to a new line.
    const plain = !event.shiftKey && !event.altKey && !matchMedia('(pointer: coarse)').matches;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey || plain)) {
      event.preventDefault();
      this.#send();
    }
  }

  async #send() {
    const draft = this.#draft;
    const id = this.#store.opened;
    const text = draft.text.trim();
    if (this.#sending || id === null || (text === '' && draft.files.length === 0)) return;
    this.#sending = true;
    this.#drawSend();
    try {
      if (draft.mode === 'note') {
        await post(`/support/tickets/${id}/notes/`, { text });
        if (this.#store.opened === id) await this.#store.loadNotes();
      } else {
        this.#store.take(await call('POST', `/support/tickets/${id}/messages/`, { body: answer(text, draft.files) }));
      }
      for (const { address } of draft.files) URL.revokeObjectURL(address);
      Object.assign(draft, fresh());
      if (draft === this.#draft) this.#text.value = '';
      this.#told = -Infinity;
      if (this.#store.opened === id) this.#talk.toEnd();
      // The first answer to nobody's ticket takes it.
      this.#store.refresh(id).catch(() => {});
    } catch (error) {
      notice(error.message, 'bad');
    } finally {
      this.#sending = false;
      this.#draw();
      this.#grow();
      if (!this.#form.hidden) this.#text.focus();
    }
  }

  #insert({ text }) {
    const contact = this.#store.ticket?.user.name ?? '';
    const filled = text.replaceAll('{name}', contact);
    this.#draft.mode = 'reply';
    this.#draw();
    this.#text.focus();
    this.#text.setRangeText(filled, this.#text.selectionStart, this.#text.selectionEnd, 'end');
    this.#changed();
  }

  #add(files) {
    for (const file of files) {
      if (file.size > FILE_BYTES) notice(t('file-too-large', { name: file.name, size: bytes(FILE_BYTES) }), 'bad');
      else if (this.#draft.files.length >= FILES_MOST) notice(t('too-many-files', { count: FILES_MOST }), 'bad');
      else this.#draft.files.push({ file, address: URL.createObjectURL(file) });
    }
    this.#draft.mode = 'reply';
    this.#draw();
    this.#text.focus();
  }

  #watchDrops() {
    this.#text.addEventListener('paste', (event) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      this.#add(files);
    });
    const pane = find('#talk-open');
    const mark = find('#drop');
    const carries = (event) => event.dataTransfer?.types.includes('Files') && !this.#form.hidden;
    pane.addEventListener('dragover', (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      show(mark, true);
    });
    pane.addEventListener('dragleave', (event) => !pane.contains(event.relatedTarget) && show(mark, false));
    pane.addEventListener('drop', (event) => {
      show(mark, false);
      if (!carries(event)) return;
      event.preventDefault();
      this.#add([...event.dataTransfer.files]);
    });
  }

  #grow() {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${Math.min(this.#text.scrollHeight + 2, 220)}px`;
  }

  #draw() {
    const { mode, files } = this.#draft;
    const note = mode === 'note';
    this.#form.dataset.mode = mode;
    for (const button of all('[data-mode]', this.#form)) button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
    this.#text.setAttribute('aria-label', t(note ? 'mode-note' : 'mode-reply'));
    this.#text.placeholder = t(note ? 'note-place' : 'reply-place');
    say(find('#mode-hint'), note ? t('note-hint') : '');
    show(find('#attach'), !note);
    show(find('#canned'), !note);
    show(find('#tray'), files.length > 0 && !note);
    find('#tray').replaceChildren(...files.map((entry) => this.#trayItem(entry)));
    this.#drawSend();
  }

  #drawSend() {
    const { mode, text, files } = this.#draft;
    const nothing = text.trim() === '' && (mode === 'note' || files.length === 0);
    find('#send').disabled = this.#sending || nothing;
    say(find('#send span'), t(this.#sending ? 'sending' : mode === 'note' ? 'save-note' : 'send'));
  }

  #trayItem(entry) {
    const drop = () => {
      URL.revokeObjectURL(entry.address);
      this.#draft.files = this.#draft.files.filter((other) => other !== entry);
      this.#draw();
      this.#text.focus();
    };
    const { file, address } = entry;
    const face = file.type.startsWith('image/') ? el('img', { src: address, alt: '' }) : icon('file');
    return el('li', {}, face, el('span', {}, file.name), el('small', {}, bytes(file.size)),
      el('button', { type: 'button', class: 'round', 'aria-label': `${t('remove')}: ${file.name}`, onclick: drop }, icon('close')));
  }
}

function fresh() {
  return { mode: 'reply', text: '', files: [] };
}

function answer(text, files) {
  if (files.length === 0) return { text, sender: 'supp' };
  const form = new FormData();
  form.set('sender', 'supp');
  form.set('text', text);
  for (const { file } of files) form.append('file', file, file.name);
  return form;
}
