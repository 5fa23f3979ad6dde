// The line one writes in: text, photos with previews, a context bar above (reply, edit), troubles below.

import { el, find, icon, reconcile, say, show } from './dom.js';

const MOST_PHOTOS = 10;
const LARGEST = 10 * 1024 * 1024;
const TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export class Composer {
  #form;
  #text;
  #files = [];
  #number = 0;
  #send;

  /** `send(text, files)` may be async; when it throws, what was written stays and the reason shows. */
  constructor(form, { send, typing = () => {}, left = () => {} }) {
    this.#form = form;
    this.#send = send;
    this.#text = find('textarea', form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      } else if (event.key === 'Escape') left();
    });
    this.#text.addEventListener('input', () => {
      this.trouble('');
      if (this.#text.value.trim()) typing();
    });
    this.#text.addEventListener('paste', (event) => this.#add([...(event.clipboardData?.files ?? [])]));
    const input = find('input[type=file]', form);
    input.addEventListener('change', () => {
      this.#add([...input.files]);
      input.value = '';
    });
  }

  focus() {
    this.#text.focus();
  }

  write(text) {
    this.#text.value = text;
    this.focus();
  }

  clear() {
    this.#text.value = '';
    for (const { url } of this.#files.splice(0)) URL.revokeObjectURL(url);
    this.#previews();
    this.trouble('');
  }

  trouble(words) {
    const line = find('.trouble', this.#form);
    say(line, words);
    show(line, words !== '');
  }

  placeholder(words) {
    this.#text.placeholder = words;
  }

  photosAllowed(allowed) {
    show(find('.attach', this.#form), allowed);
  }

  /** The bar above the line: `title`, a part of the text it is about, and a way out of it. */
  context(title, excerpt, close) {
    const bar = find('.context', this.#form);
    show(bar, title !== null);
    if (title === null) return bar.replaceChildren();
    const words = el('div', { class: 'context-words' }, el('strong', {}, title), el('span', {}, excerpt));
    const out = el('button', { type: 'button', class: 'iconbutton', 'aria-label': `Cancel: ${title}` }, icon('close'));
    out.addEventListener('click', close);
    bar.replaceChildren(words, out);
  }

  async #submit() {
    const text = this.#text.value;
    const files = this.#files.map(({ file }) => file);
    if (!text.trim() && files.length === 0) return this.focus();
    try {
      await this.#send(text, files);
      this.clear();
    } catch (error) {
      this.trouble(error.message);
    }
    this.focus();
  }

  #add(files) {
    const wrong = files.find((file) => !TYPES.includes(file.type) || file.size > LARGEST);
    const good = files.filter((file) => TYPES.includes(file.type) && file.size <= LARGEST);
    const room = MOST_PHOTOS - this.#files.length;
    for (const file of good.slice(0, room)) {
      this.#files.push({ file, url: URL.createObjectURL(file), key: String(++this.#number) });
    }
    if (wrong) this.trouble(`${wrong.name}: photos are PNG, JPEG, GIF or WebP of at most 10 MB`);
    else if (good.length > room) this.trouble(`At most ${MOST_PHOTOS} photos go into one message`);
    this.#previews();
  }

  #previews() {
    const list = find('.previews', this.#form);
    show(list, this.#files.length > 0);
    reconcile(list, this.#files.map((entry) => ({
      key: entry.key,
      signature: entry.key,
      build: () => el('li', {}, el('img', { src: entry.url, alt: entry.file.name }), this.#remover(entry)),
    })));
  }

  #remover(entry) {
    const label = `Remove ${entry.file.name}`;
    const remove = () => {
      this.#files = this.#files.filter((other) => other !== entry);
      URL.revokeObjectURL(entry.url);
      this.#previews();
      this.focus();
    };
    return el('button', { type: 'button', 'aria-label': label, onclick: remove }, icon('close'));
  }
}
