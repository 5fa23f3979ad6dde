// The picker of canned answers above the composer: type to filter, arrows to walk, Enter to take.

import { get } from './api.js';
import { el, find, notice, show } from './dom.js';

export class CannedPicker {
  #pick;
  #left;
  #box = find('#picker');
  #query = find('#picker-query');
  #list = find('#picker-list');
  #answers = [];
  #shown = [];
  #at = 0;

  /** `pick` takes the chosen answer, `left` is told when none was. */
  constructor(pick, left) {
    this.#pick = pick;
    this.#left = left;
    this.#query.addEventListener('input', () => this.#filter());
    this.#query.addEventListener('keydown', (event) => this.#key(event));
    document.addEventListener('pointerdown', (event) => {
      if (!this.#box.hidden && !event.target.closest('#picker, #canned')) this.close();
    });
  }

  toggle() {
    if (this.#box.hidden) this.open();
    else this.close();
  }

  async open() {
    show(this.#box, true);
    find('#canned').setAttribute('aria-expanded', 'true');
    this.#query.value = '';
    this.#filter();
    this.#query.focus();
    try {
      this.#answers = await get('/support/canned/');
      this.#filter();
    } catch (error) {
      notice(error.message, 'bad');
    }
  }

  close() {
    show(this.#box, false);
    find('#canned').setAttribute('aria-expanded', 'false');
  }

  #filter() {
    const words = this.#query.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.#shown = this.#answers.filter(({ name, text }) => words.every((word) => `${name} ${text}`.toLowerCase().includes(word)));
    this.#at = 0;
    this.#list.replaceChildren(...this.#shown.map((answer, index) => el('li', {
      role: 'option', id: `canned-${answer.id}`, 'aria-selected': String(index === 0), onclick: () => this.#take(answer),
    }, el('b', {}, answer.name), el('span', {}, answer.text))));
    show(this.#list, this.#shown.length > 0);
    show(find('#picker-empty'), this.#shown.length === 0);
    this.#mark();
  }

  #mark() {
    const items = [...this.#list.children];
    items.forEach((item, index) => item.setAttribute('aria-selected', String(index === this.#at)));
    const current = items[this.#at];
    if (current) this.#query.setAttribute('aria-activedescendant', current.id);
    else this.#query.removeAttribute('aria-activedescendant');
    current?.scrollIntoView({ block: 'nearest' });
  }

  #key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && this.#shown.length > 0) {
      event.preventDefault();
      this.#at = (this.#at + by + this.#shown.length) % this.#shown.length;
      this.#mark();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const answer = this.#shown[this.#at];
      if (answer) this.#take(answer);
    } else if (event.key === 'Escape' || (event.key === 'Backspace' && this.#query.value === '')) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
      this.#left();
    }
  }

  #take(answer) {
    this.close();
    this.#pick(answer);
  }
}
