// Categories: their names in three languages, their order, and which are offered.

import { patch, post, remove } from './api.js';
import { el } from './dom.js';
import { ask, sure } from './form.js';
import { lang, t } from './i18n.js';

const PATH = '/api/admin/categories/';

export const load = ({ whole }) => whole(`${PATH}?lang=${lang}&is_active=all`);

/** A group's id is a number; without one it is the default group. What is no number the server names. */
const said = ({ group_chat_id: group, ...values }) => ({ ...values, group_chat_id: group === '' ? null : /^-?\d+$/.test(group) ? Number(group) : group });

export function draw(categories, desk) {
  const ordered = [...categories].sort((one, other) => one.order - other.order || one.id - other.id);
  const specs = [
    { name: 'name_uz', label: t('admin-name-uz'), required: true, max: 128 },
    { name: 'name_ru', label: t('admin-name-ru'), max: 128 },
    { name: 'name_en', label: t('admin-name-en'), max: 128 },
    { name: 'description', label: t('admin-description'), type: 'textarea', rows: 2, max: 1000 },
    { name: 'group_chat_id', label: t('admin-category-group'), hint: t('admin-category-group-hint'), placeholder: '-1001234567890', max: 20 },
    { name: 'is_active', label: t('admin-category-active'), type: 'check' },
  ];
  const add = () => ask({
    title: t('admin-category-add'), specs, values: { is_active: true }, submit: t('admin-add'),
    async save(values) {
      await post(PATH, { ...said(values), order: Math.max(0, ...ordered.map((one) => one.order)) + 1 });
      desk.again();
    },
  });
  const change = (category) => ask({
    title: category.name, specs, values: category, submit: t('admin-save'),
    async save(values) {
      await patch(`${PATH}${category.id}/`, said(values));
      desk.again();
    },
  });
  const drop = async (category) => {
    if (!(await sure({ title: t('admin-delete'), text: t('admin-delete-text', { name: category.name }), yes: t('admin-delete') }))) return;
    await desk.act(() => remove(`${PATH}${category.id}/`));
  };
  // The numbers are made plain on the way: equal ones could not be told apart.
  const move = (index, by) => {
    const list = [...ordered];
    const [moved] = list.splice(index, 1);
    list.splice(index + by, 0, moved);
    return desk.act(async () => {
      for (const [place, category] of list.entries()) {
        if (category.order !== place + 1) await patch(`${PATH}${category.id}/`, { order: place + 1 });
      }
    });
  };

  const row = (category, index) => el('li', { class: 'entry' },
    el('div', { class: 'moves' },
      el('button', { type: 'button', class: 'round up', disabled: index === 0, 'data-focus': `up-${category.id}`, 'aria-label': `${t('admin-up')}: ${category.name}`, onclick: () => move(index, -1) }, '↑'),
      el('button', { type: 'button', class: 'round', disabled: index === ordered.length - 1, 'data-focus': `down-${category.id}`, 'aria-label': `${t('admin-down')}: ${category.name}`, onclick: () => move(index, 1) }, '↓')),
    el('div', { class: 'about' },
      el('p', {}, el('b', {}, category.name), ' ', !category.is_active && el('span', { class: 'tag warn' }, t('admin-off'))),
      el('p', { class: 'hint' }, [category.name_uz, category.name_ru, category.name_en].filter(Boolean).join(' · ')),
      category.group_chat_id && el('p', { class: 'hint' }, t('admin-category-group'), ': ', String(category.group_chat_id)),
      category.description && el('p', { class: 'hint' }, category.description)),
    el('div', { class: 'does' },
      el('button', { type: 'button', class: 'quiet small', 'data-focus': `change-${category.id}`, 'aria-label': `${t('admin-change')}: ${category.name}`, onclick: () => change(category) }, t('admin-change')),
      el('button', { type: 'button', class: 'quiet small bad', 'aria-label': `${t('admin-delete')}: ${category.name}`, onclick: () => drop(category) }, t('admin-delete'))));
  return {
    action: el('button', { type: 'button', class: 'solid', onclick: add }, t('admin-category-add')),
    content: ordered.length > 0 ? el('ol', { class: 'entries' }, ordered.map(row)) : el('p', { class: 'empty' }, t('admin-categories-none')),
  };
}
