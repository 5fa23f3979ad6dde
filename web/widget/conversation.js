// A conversation on the screen: what was said, what waits to go out, the place to write, the rating.

import { bytes, el, icon, words } from './make.js';

const FILES = 10;
const FILE_BYTES = 10 * 1024 * 1024;

export class Talk {
  #shown = new Map();
  #files = [];
  #atEnd = true;

  constructor({ line, t, lang }) {
    // Browsers do not know how Uzbek writes dates; it is as Russian does.
    Object.assign(this, { line, t, dates: lang === 'en' ? 'en-GB' : 'ru' });
    this.list = el('ol', { class: 'said' });
    this.hello = el('p', { class: 'hello' }, t.hello);
    this.closed = this.#rating();
    this.elsewhere = this.#telegram();
    this.dots = el('p', { class: 'typing', hidden: true }, el('i'), el('i'), el('i'), el('span', { class: 'vh' }, t.typing));
    this.log = el('div', { class: 'log', role: 'log', tabindex: '0', 'aria-label': t.log, onscroll: () => this.#scrolled() }, this.hello, this.list, this.dots);
    this.root = el('div', { class: 'talk' }, this.log, this.elsewhere, this.closed, this.#composer());
    this.#drop();
    new ResizeObserver(() => this.#stay()).observe(this.log);
    this.render();
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  render() {
    const { line, t } = this;
    const rows = [];
    let day = '';
    let name = null;
    const entries = [...line.messages, ...line.waiting.map((item) => ({ item, sender: 'user', created_at: item.at, content: item.text, attachments: [] }))];
    for (const entry of entries) {
      const date = new Date(entry.created_at);
      if (date.toDateString() !== day) {
        day = date.toDateString();
        name = null;
        rows.push({ key: day, look: this.#day(date), draw: (look) => el('li', { class: 'day' }, look) });
      }
      const from = entry.sender === 'support' ? entry.support_agent_name || t.team : '';
      const { item } = entry;
      const mark = from ? '' : item ? (item.failed ? 'alarm' : item.known ? 'sent' : 'wait') : entry.is_read ? 'read' : 'sent';
      // The percentage is the bar's own business: a bubble drawn anew would lose the focus in it.
      const named = from !== name;
      const look = JSON.stringify([entry.content, entry.attachments, named, mark, item?.failed]);
      rows.push({ key: item?.id ?? entry.id, look, item, draw: () => this.#bubble(entry, from, named, mark, date) });
      name = from;
    }
    this.#place(rows);
    this.hello.hidden = rows.length > 0;
    this.dots.hidden = !line.typing;
    this.closed.hidden = line.active || !line.session;
    this.elsewhere.hidden = !t.telegram || !line.links || !line.session || !line.active;
    this.stars.hidden = line.rated;
    this.thanks.hidden = !line.rated;
    this.#stay();
  }

  // Only what changed is drawn anew, so that focus, selection and players stay.
  #place(rows) {
    const old = this.#shown;
    this.#shown = new Map();
    let before = this.list.firstChild;
    for (const { key, look, item, draw } of rows) {
      let shown = old.get(key);
      if (shown?.look !== look) {
        const node = draw(look);
        if (shown) {
          if (before === shown.node) before = node;
          shown.node.replaceWith(node);
        }
        shown = { node, look };
      }
      old.delete(key);
      this.#shown.set(key, shown);
      if (shown.node === before) before = before.nextSibling;
      else this.list.insertBefore(shown.node, before);
      const bar = shown.node.querySelector('progress');
      if (bar && item) bar.value = item.progress;
    }
    for (const { node } of old.values()) node.remove();
  }

  #day(date) {
    const days = Math.round((new Date(date).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
    if (days > -2) return days < 0 ? this.t.yesterday : this.t.today;
    return date.toLocaleDateString(this.dates);
  }

  #bubble({ content, attachments, item }, from, named, mark, date) {
    const { t, line } = this;
    const time = date.toLocaleTimeString(this.dates, { hour: '2-digit', minute: '2-digit' });
    const files = item ? item.files.map((file) => this.#card(file.name, file.size)) : attachments.map((file) => this.#attachment(file));
    const states = { wait: t.waiting, sent: t.sent, read: t.read, alarm: t.failed };
    return el('li', { class: from ? 'theirs' : 'mine', 'data-mark': mark },
      from ? el('b', { class: named ? 'name' : 'vh' }, from) : el('span', { class: 'vh' }, `${t.you}: `),
      ...files,
      content && el('div', { class: 'words' }, ...words(content)),
      item?.files.length > 0 && mark === 'wait' && el('progress', { max: 1, value: 0, 'aria-label': t.waiting }),
      el('span', { class: 'meta' }, el('time', { datetime: date.toISOString() }, time), mark && icon(mark), mark && el('span', { class: 'vh' }, states[mark])),
      mark === 'alarm' && el('span', { class: 'fate', role: 'alert' }, item.failed,
        el('button', { type: 'button', onclick: () => line.retry(item) }, t.retry),
        el('button', { type: 'button', onclick: () => line.drop(item) }, t.remove)));
  }

  #attachment(file) {
    const { t } = this;
    const url = (path) => path && new URL(path, this.line.base).href;
    const [full, small, name] = [url(file.url), url(file.thumb_url), file.name || t.file];
    const media = { src: full, controls: true, preload: 'metadata', 'aria-label': name };
    switch (file.kind) {
      case 'photo': case 'sticker':
        return el('a', { class: 'photo', href: full, target: '_blank', rel: 'noopener' },
          el('img', { src: small || full, alt: file.name || t.photo, loading: 'lazy', onload: () => this.#stay() }));
      case 'video': case 'video_note': case 'animation':
        return el('video', { ...media, poster: small });
      case 'audio': case 'voice':
        return el('audio', media);
      case 'location': {
        const place = `${file.latitude},${file.longitude}`;
        return el('a', { class: 'card', href: `https://www.openstreetmap.org/?mlat=${file.latitude}&mlon=${file.longitude}`, target: '_blank', rel: 'noopener noreferrer' }, place);
      }
      case 'contact':
        return el('a', { class: 'card', href: `tel:${file.phone}` }, `${file.name ?? ''} ${file.phone ?? ''}`);
      default:
        return this.#card(name, file.size, full);
    }
  }

  #card(name, size, href) {
    const inside = [icon('file'), el('span', { class: 'title' }, name), size && el('small', null, bytes(size))];
    return href ? el('a', { class: 'card', href, target: '_blank', rel: 'noopener' }, ...inside) : el('span', { class: 'card' }, ...inside);
  }

  #composer() {
    const { t } = this;
    this.text = el('textarea', {
      rows: 1, maxlength: 16000, placeholder: t.placeholder, 'aria-label': t.placeholder, enterkeyhint: 'send', name: 'content',
      oninput: () => {
        this.#grow();
        this.line.types();
      },
      onkeydown: (event) => {
        // With a keyboard on the screen, Enter makes a line and the button sends.
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
        event.preventDefault();
        this.#send();
      },
      onpaste: (event) => {
        if (event.clipboardData.files.length === 0) return;
        event.preventDefault();
        this.#add(event.clipboardData.files);
      },
    });
    this.pick = el('input', { type: 'file', multiple: true, class: 'vh', 'aria-label': t.attach, onchange: () => {
      this.#add(this.pick.files);
      this.pick.value = '';
    } });
    this.chosen = el('ul', { class: 'chosen', hidden: true });
    this.trouble = el('p', { class: 'trouble', role: 'alert' });
    return el('form', { class: 'composer', onsubmit: (event) => {
      event.preventDefault();
      this.#send();
    } }, this.trouble, this.chosen,
      el('div', { class: 'row' },
        el('label', { class: 'round', title: t.attach }, icon('clip'), this.pick), this.text,
        el('button', { class: 'round send', 'aria-label': t.send, title: t.send }, icon('send'))));
  }

  #grow() {
    this.text.style.height = 'auto';
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
    this.trouble.textContent = '';
  }

  #send() {
    const text = this.text.value.trim();
    if (!text && this.#files.length === 0) return this.focus();
    this.#atEnd = true;
    this.line.say(text, this.#files);
    this.#files = [];
    this.text.value = '';
    this.#grow();
    this.#choose();
    this.focus();
  }

  #add(files) {
    const fitting = [...files].filter((file) => file.size > 0 && file.size <= FILE_BYTES);
    const all = [...this.#files, ...fitting];
    this.#files = all.slice(0, FILES);
    this.#choose();
    this.trouble.textContent = fitting.length < files.length || all.length > FILES ? this.t.limits : '';
    this.focus();
  }

  #choose() {
    const { t } = this;
    this.chosen.hidden = this.#files.length === 0;
    this.chosen.replaceChildren(...this.#files.map((file) => el('li', null, this.#card(file.name, file.size),
      el('button', { type: 'button', 'aria-label': `${t.remove} ${file.name}`, title: t.remove, onclick: () => {
        this.#files = this.#files.filter((one) => one !== file);
        this.#choose();
        this.focus();
      } }, icon('cross')))));
    this.#stay();
  }

  #drop() {
    const over = (on) => this.root.classList.toggle('over', on);
    const files = (event) => event.dataTransfer?.types.includes('Files');
    this.root.dataset.drop = this.t.drop;
    this.root.addEventListener('dragover', (event) => {
      if (!files(event)) return;
      event.preventDefault();
      over(true);
    });
    this.root.addEventListener('dragleave', (event) => !this.root.contains(event.relatedTarget) && over(false));
    this.root.addEventListener('drop', (event) => {
      if (!files(event)) return;
      event.preventDefault();
      over(false);
      this.#add(event.dataTransfer.files);
    });
  }

  #rating() {
    const { t } = this;
    let given = 0;
    const comment = el('input', { class: 'comment', maxlength: 1000, placeholder: t.comment, 'aria-label': t.comment });
    const more = el('div', { class: 'row', hidden: true }, comment, el('button', { class: 'rate' }, t.rate));
    const wrong = el('p', { class: 'trouble', role: 'alert' });
    const stars = [1, 2, 3, 4, 5].map((count) => el('label', { title: count },
      el('input', { type: 'radio', name: 'rating', value: count, class: 'vh', 'aria-label': `${count} / 5`, onchange: () => {
        given = count;
        more.hidden = false;
        stars.forEach((star, index) => star.classList.toggle('lit', index < count));
      } }), icon('star')));
    this.stars = el('form', { onsubmit: async (event) => {
      event.preventDefault();
      wrong.textContent = given ? await this.line.rate(given, comment.value.trim()) ?? '' : '';
    } }, el('fieldset', null, el('legend', null, t.how), el('div', { class: 'stars' }, ...stars)), more, wrong);
    this.thanks = el('p', { role: 'status' }, t.thanks);
    return el('div', { class: 'closed', hidden: true }, el('p', null, t.closed), this.stars, this.thanks);
  }

  // For whoever wants to close the page: a code leads to the bot, and what is answered comes there too.
  #telegram() {
    const { t, line } = this;
    const box = el('p', { class: 'elsewhere', role: 'status', hidden: true });
    const button = el('button', { type: 'button', onclick: async () => {
      button.disabled = true;
      const { link, command, trouble } = await line.link();
      const open = link && el('a', { href: link, target: '_blank', rel: 'noopener', onclick: () => line.linked() }, t['telegram-open']);
      box.replaceChildren(open || command || trouble);
      open?.focus();
    } }, t.telegram);
    box.append(button);
    return box;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < 60;
  }

  // Whoever reads the end goes on seeing it; whoever reads further up is left alone.
  #stay() {
    if (this.#atEnd) this.log.scrollTop = this.log.scrollHeight;
  }
}
