// Canned answers: given in the group with `/t name`, on the desk from a list.

import { get, post, put, remove } from './api.js';
import { el } from './dom.js';
import { ask, sure } from './form.js';
import { t } from './i18n.js';

const PATH = '/support/canned/';

export const load = () => get(PATH);

export function draw(answers, desk) {
  const specs = [
    { name: 'name', label: t('admin-canned-name'), required: true, max: 32, hint: t('admin-canned-name-hint') },
    { name: 'text', label: t('admin-canned-text'), type: 'textarea', rows: 6, required: true, max: 4096 },
  ];
  const add = () => ask({
    title: t('admin-canned-add'), specs, submit: t('admin-add'),
    async save(values) {
      await post(PATH, values);
      desk.again();
    },
  });
  const change = (answer) => ask({
    title: `/t ${answer.name}`, specs, values: answer, submit: t('admin-save'),
    async save(values) {
      await put(`${PATH}${answer.id}/`, values);
      desk.again();
    },
  });
  const drop = async (answer) => {
    if (!(await sure({ title: t('admin-delete'), text: t('admin-delete-text', { name: answer.name }), yes: t('admin-delete') }))) return;
    await desk.act(() => remove(`${PATH}${answer.id}/`));
  };
  const row = (answer) => el('li', { class: 'entry' },
    el('div', { class: 'about' }, el('p', {}, el('code', {}, `/t ${answer.name}`)), el('p', { class: 'words' }, answer.text)),
    el('div', { class: 'does' },
      el('button', { type: 'button', class: 'quiet small', 'data-focus': `change-${answer.id}`, 'aria-label': `${t('admin-change')}: ${answer.name}`, onclick: () => change(answer) }, t('admin-change')),
      el('button', { type: 'button', class: 'quiet small bad', 'aria-label': `${t('admin-delete')}: ${answer.name}`, onclick: () => drop(answer) }, t('admin-delete'))));
  return {
    action: el('button', { type: 'button', class: 'solid', onclick: add }, t('admin-canned-add')),
    content: answers.length > 0 ? el('ul', { class: 'entries' }, answers.map(row)) : el('p', { class: 'empty' }, t('admin-canned-none')),
  };
}
