// Forms and questions in dialogs: labels, the server's words beside the field they are about, focus where it belongs.

import { Failure } from './api.js';
import { el, icon } from './dom.js';
import { t } from './i18n.js';

let count = 0;

/** A labelled control. `control` is asked for its element by id; `read` gives its value. */
function control(spec, value) {
  const id = `f${++count}`;
  const common = { id, name: spec.name, required: spec.required, 'aria-describedby': `${id}-hint ${id}-wrong` };
  const typed = { ...common, maxlength: spec.max, placeholder: spec.placeholder, autocomplete: spec.autocomplete ?? 'off' };
  if (spec.type === 'select') {
    const made = el('select', common, spec.options.map(([key, label]) => el('option', { value: key, selected: key === value }, label)));
    return { id, made, read: () => made.value };
  }
  if (spec.type === 'textarea') {
    const made = el('textarea', { ...typed, rows: spec.rows ?? 4 });
    made.value = value ?? '';
    return { id, made, read: () => made.value.trim() };
  }
  if (spec.type === 'check') {
    const made = el('input', { ...common, type: 'checkbox', checked: Boolean(value) });
    return { id, made, read: () => made.checked };
  }
  if (spec.type === 'checks') {
    const boxes = spec.options.map(([key, label]) => [key, el('input', { type: 'checkbox', checked: (value ?? []).includes(key) }), label]);
    const made = el('div', { class: 'checks', id }, boxes.length > 0
      ? boxes.map(([, box, label]) => el('label', { class: 'check' }, box, label))
      : el('p', { class: 'hint' }, spec.none));
    return { id, made, group: true, read: () => boxes.filter(([, box]) => box.checked).map(([key]) => key) };
  }
  const made = el('input', { ...typed, type: spec.type ?? 'text', inputmode: spec.inputmode, min: spec.min });
  made.value = value ?? '';
  return { id, made, read: () => made.value.trim() };
}

/** The fields of a form, and how to read and blame them. */
export function fields(specs, values = {}) {
  const controls = specs.map((spec) => ({ spec, ...control(spec, values[spec.name]) }));
  const rows = controls.map(({ spec, id, made, group }) => {
    const hint = el('span', { class: 'hint', id: `${id}-hint` }, spec.hint ?? '');
    const wrong = el('span', { class: 'wrong', id: `${id}-wrong`, role: 'alert' });
    if (spec.type === 'check') return el('div', { class: 'field' }, el('label', { class: 'check' }, made, spec.label), hint, wrong);
    if (group) return el('fieldset', { class: 'field' }, el('legend', {}, spec.label), made, hint, wrong);
    return el('div', { class: 'field' }, el('label', { for: id }, spec.label, spec.required && el('span', { class: 'must', 'aria-hidden': 'true' }, ' *')), made, hint, wrong);
  });
  const wrongs = (id) => rows.map((row) => row.querySelector('.wrong')).find((one) => one.id === `${id}-wrong`);
  return {
    rows,
    read: () => Object.fromEntries(controls.map(({ spec, read }) => [spec.name, read()])),
    clear() {
      for (const { id, made } of controls) {
        wrongs(id).textContent = '';
        made.removeAttribute('aria-invalid');
      }
    },
    /** Says whether the field is one of these. */
    blame(field, words) {
      const found = controls.find(({ spec }) => field === spec.name || field?.startsWith(`${spec.name}[`) || field?.startsWith(`${spec.name}.`));
      if (!found) return false;
      wrongs(found.id).textContent = words;
      found.made.setAttribute('aria-invalid', 'true');
      (found.group ? found.made.querySelector('input') : found.made)?.focus();
      return true;
    },
  };
}

function dialog(title, ...inside) {
  const opener = document.activeElement;
  const id = `d${++count}`;
  const made = el('dialog', { 'aria-labelledby': id },
    el('div', { class: 'dialog-head' }, el('h2', { id }, title),
      el('button', { type: 'button', class: 'round', 'aria-label': t('admin-close'), onclick: () => made.close() }, icon('close'))),
    ...inside);
  made.addEventListener('close', () => {
    made.remove();
    // A row that was drawn anew took the opener with it.
    if (opener?.isConnected) opener.focus();
    else document.querySelector('#main')?.focus({ preventScroll: true });
  });
  document.body.append(made);
  made.showModal();
  return made;
}

/** A form that closes when `save` went well; what the server refuses is said beside the field. */
export function ask({ title, lead, specs, values, submit, save }) {
  const parts = fields(specs, values);
  const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });
  const button = el('button', { class: 'solid' }, submit);
  const form = el('form', { class: 'form', novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    parts.clear();
    trouble.hidden = true;
    const empty = specs.find((spec) => spec.required && !parts.read()[spec.name]);
    if (empty) return parts.blame(empty.name, t('admin-required'));
    button.disabled = true;
    try {
      await save(parts.read());
      made.close();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!parts.blame(error.field, error.message)) {
        trouble.textContent = error.message;
        trouble.hidden = false;
      }
    } finally {
      button.disabled = false;
    }
  } }, lead && el('p', { class: 'hint' }, lead), parts.rows, trouble,
    el('div', { class: 'form-end' }, el('button', { type: 'button', class: 'quiet', onclick: () => made.close() }, t('admin-cancel')), button));
  const made = dialog(title, form);
  form.querySelector('input, textarea, select')?.focus();
}

/** A question; resolves to whether it was answered with yes. */
export function sure({ title, text, yes }) {
  return new Promise((done) => {
    let answer = false;
    const no = el('button', { type: 'button', class: 'quiet', onclick: () => made.close() }, t('admin-cancel'));
    const made = dialog(title, el('p', {}, text), el('div', { class: 'form-end' }, no,
      el('button', { type: 'button', class: 'solid danger', onclick: () => {
        answer = true;
        made.close();
      } }, yes)));
    made.addEventListener('close', () => done(answer));
    no.focus();
  });
}

/** Something that is shown once, with a button that copies it, and a link ({href, text}) that leads there where there is one. */
export function showOnce({ title, text, secret, link }) {
  const copy = el('button', { type: 'button', class: link ? 'quiet' : 'solid', onclick: async () => {
    try {
      await navigator.clipboard.writeText(secret);
      copy.textContent = t('admin-copied');
    } catch {
      // Without a secure origin there is no clipboard; the text can be marked.
      getSelection().selectAllChildren(shown);
    }
  } }, t('admin-copy'));
  const shown = el('code', { class: 'secret', tabindex: '0' }, secret);
  const open = link && el('a', { class: 'solid', href: link.href, target: '_blank', rel: 'noopener' }, link.text);
  dialog(title, el('p', {}, text), el('p', { class: 'secret-line' }, shown, copy), open && el('p', { class: 'form-end' }, open));
  (open || copy).focus();
}
