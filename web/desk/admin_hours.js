// Working hours, days off, and what a contact is told outside of them.

import { Failure, get, put } from './api.js';
import { all, el, icon, notice } from './dom.js';
import { fields } from './form.js';
import { t, wholeDate } from './i18n.js';

const PATH = '/support/hours/';
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export const load = () => get(PATH);

const dayName = (index) => t('admin-weekdays').split(', ')[index];

export function draw(hours, desk) {
  const on = fields([{ name: 'enabled', label: t('admin-hours-on'), type: 'check', hint: t('admin-hours-on-hint') }], hours);
  const texts = fields(['ru', 'en', 'uz'].map((code) => ({ name: code, label: t(`admin-away-${code}`), type: 'textarea', rows: 3, max: 1000 })), hours.text);
  const holidays = new Set(hours.holidays);
  const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });

  const interval = (name, [from, to]) => {
    const time = (value, label) => {
      const made = el('input', { inputmode: 'numeric', maxlength: 5, size: 5, class: 'time', 'aria-label': `${name}, ${label}`, placeholder: '00:00' });
      made.value = value;
      return made;
    };
    const line = el('span', { class: 'interval' }, time(from, t('admin-from')), '–', time(to, t('admin-to')),
      el('button', { type: 'button', class: 'round', 'aria-label': `${t('admin-remove')}: ${name}`, onclick: () => {
        const list = line.parentElement;
        line.remove();
        list.nextElementSibling.focus();
      } }, icon('close')));
    return line;
  };
  const days = DAYS.map((key, index) => {
    const name = dayName(index);
    const list = el('div', { class: 'intervals', 'data-day': key, 'data-off': t('admin-day-off') }, (hours.days[key] ?? []).map((one) => interval(name, one)));
    return el('div', { class: 'day', role: 'group', 'aria-label': name }, el('b', {}, name), list,
      el('button', { type: 'button', class: 'quiet small', 'aria-label': `${t('admin-interval-add')}: ${name}`, onclick: () => {
        const line = interval(name, list.children.length > 0 ? ['', ''] : ['09:00', '18:00']);
        list.append(line);
        line.querySelector('input').focus();
      } }, t('admin-interval-add')),
      el('span', { class: 'wrong', role: 'alert', 'data-wrong': key }));
  });

  const chips = el('ul', { class: 'chips' });
  const drawChips = () => chips.replaceChildren(...[...holidays].sort().map((day) => el('li', { class: 'tag' }, wholeDate(day),
    el('button', { type: 'button', class: 'round', 'aria-label': `${t('admin-remove')} ${wholeDate(day)}`, onclick: () => {
      holidays.delete(day);
      drawChips();
      pick.focus();
    } }, icon('close')))));
  const pick = el('input', { type: 'date', id: 'holiday' });
  const addDay = el('button', { type: 'button', class: 'quiet', onclick: () => {
    if (pick.value) holidays.add(pick.value);
    pick.value = '';
    drawChips();
    pick.focus();
  } }, t('admin-holiday-add'));
  drawChips();

  const read = () => ({
    ...on.read(),
    days: Object.fromEntries(all('[data-day]', form).map((list) => [list.dataset.day, [...list.children].map((line) => all('input', line).map((input) => input.value.trim()))])),
    holidays: [...holidays].sort(),
    text: texts.read(),
  });
  const blame = (error) => {
    const [, key, place] = /^days\.(\w+)(?:\[(\d+)\])?/.exec(error.field ?? '') ?? [];
    const wrong = form.querySelector(`[data-wrong="${key}"]`);
    if (wrong) {
      wrong.textContent = error.message;
      const inputs = all(`[data-day="${key}"] .interval`, form)[place ?? 0];
      inputs?.querySelector('input').focus();
      return;
    }
    if (error.field?.startsWith('text') && texts.blame(error.field.slice(5), error.message)) return;
    trouble.textContent = error.message;
    trouble.hidden = false;
  };
  const save = el('button', { class: 'solid' }, t('admin-save'));
  const form = el('form', { class: 'form page-form', novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    trouble.hidden = true;
    texts.clear();
    for (const wrong of all('[data-wrong]', form)) wrong.textContent = '';
    save.disabled = true;
    try {
      await put(PATH, read());
      notice(t('admin-saved'), 'good');
      desk.again();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      blame(error);
    } finally {
      save.disabled = false;
    }
  } },
    on.rows,
    el('h2', {}, t('admin-week')), el('div', { class: 'week' }, days),
    el('h2', {}, t('admin-holidays')), chips,
    el('div', { class: 'inline' }, el('div', { class: 'field' }, el('label', { for: 'holiday' }, t('admin-holiday')), pick), addDay),
    el('h2', {}, t('admin-away')), el('p', { class: 'hint' }, t('admin-away-hint')), texts.rows,
    trouble, el('div', { class: 'form-end' }, save));
  return { content: form };
}
