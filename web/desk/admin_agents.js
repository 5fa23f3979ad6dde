// Staff: who they are, what they answer, and whether they may come in.

import { patch, post } from './api.js';
import { avatar, el, icon } from './dom.js';
import { ask, showOnce, sure } from './form.js';
import { lang, t, wholeTime } from './i18n.js';

const PATH = '/api/admin/admins/';
// Without letters that are mistaken for each other.
const LETTERS = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789';

export async function load({ whole }) {
  const [agents, categories] = await Promise.all([whole(PATH), whole(`/api/admin/categories/?lang=${lang}&is_active=all`)]);
  return { agents, categories };
}

const nameOf = (agent) => [agent.first_name, agent.last_name].filter(Boolean).join(' ') || agent.email || `#${agent.id}`;

function password() {
  const drawn = [];
  while (drawn.length < 20) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    // A remainder would prefer the first letters.
    if (byte < 256 - (256 % LETTERS.length)) drawn.push(LETTERS[byte % LETTERS.length]);
  }
  return drawn.join('').replace(/(.{5})(?=.)/g, '$1-');
}

export function draw({ agents, categories }, desk) {
  const options = categories.map(({ id, name }) => [id, name]);
  const named = (ids) => ids.map((id) => categories.find((one) => one.id === id)?.name).filter(Boolean);
  const specs = [
    { name: 'first_name', label: t('admin-first-name'), max: 128, required: true },
    { name: 'last_name', label: t('admin-last-name'), max: 128 },
    { name: 'email', label: t('admin-email'), type: 'email', max: 254, hint: t('admin-email-hint') },
    { name: 'role', label: t('admin-role'), type: 'select', options: [['admin', t('admin-role-agent')], ['super_admin', t('admin-role-owner')]] },
    { name: 'telegram_id', label: t('admin-telegram-id'), inputmode: 'numeric', max: 20, hint: t('admin-telegram-hint') },
    { name: 'categories', label: t('admin-categories'), type: 'checks', options, none: t('admin-no-categories') },
  ];
  const body = ({ telegram_id: telegram, ...rest }) => ({
    ...rest,
    email: rest.email || null,
    // What is no number is left to the server to refuse.
    telegram_id: telegram === '' ? null : /^-?\d{1,15}$/.test(telegram) ? Number(telegram) : telegram,
  });

  const add = () => {
    let made;
    ask({
      title: t('admin-agent-add'), specs, values: { role: 'admin' }, submit: t('admin-add'),
      async save(values) {
        made = { email: values.email, secret: values.email ? password() : null };
        const entry = body(values);
        for (const name of Object.keys(entry)) if (entry[name] === null) delete entry[name];
        await post(PATH, made.secret ? { ...entry, password: made.secret } : entry);
        desk.again();
        if (made.secret) queueMicrotask(() => showOnce({ title: t('admin-password'), text: t('admin-password-once', { email: made.email }), secret: made.secret }));
      },
    });
  };
  const change = (agent) => ask({
    title: nameOf(agent), specs, values: agent, submit: t('admin-save'),
    async save(values) {
      await patch(`${PATH}${agent.id}/`, body(values));
      desk.again();
    },
  });
  const renew = async (agent) => {
    if (!(await sure({ title: t('admin-password-new'), text: t('admin-password-new-text', { name: nameOf(agent) }), yes: t('admin-password-new') }))) return;
    const secret = password();
    if (await desk.act(() => patch(`${PATH}${agent.id}/`, { password: secret }))) {
      showOnce({ title: t('admin-password'), text: t('admin-password-once', { email: agent.email }), secret });
    }
  };
  const block = async (agent) => {
    const way = agent.is_blocked ? 'unblock' : 'block';
    if (way === 'block' && !(await sure({ title: t('admin-block'), text: t('admin-block-text', { name: nameOf(agent) }), yes: t('admin-block') }))) return;
    await desk.act(() => post(`${PATH}${agent.id}/${way}/`));
  };

  const row = (agent) => el('li', { class: 'entry' },
    avatar(nameOf(agent)),
    el('div', { class: 'about' },
      el('p', {}, el('b', {}, nameOf(agent)), ' ',
        agent.role === 'super_admin' && el('span', { class: 'tag calm' }, t('admin-role-owner')),
        agent.is_blocked && el('span', { class: 'tag bad' }, t('admin-blocked'))),
      el('p', { class: 'hint' }, [agent.email, agent.telegram_id && `Telegram ${agent.telegram_id}`, agent.last_assigned_at && t('admin-last-assigned', { at: wholeTime(new Date(agent.last_assigned_at)) })].filter(Boolean).join(' · ')),
      named(agent.categories).length > 0 && el('p', { class: 'tags' }, named(agent.categories).map((name) => el('span', { class: 'tag' }, name)))),
    el('div', { class: 'does' },
      el('button', { type: 'button', class: 'quiet small', 'data-focus': `change-${agent.id}`, 'aria-label': `${t('admin-change')}: ${nameOf(agent)}`, onclick: () => change(agent) }, t('admin-change')),
      agent.email && el('button', { type: 'button', class: 'quiet small', 'aria-label': `${t('admin-password-new')}: ${nameOf(agent)}`, onclick: () => renew(agent) }, t('admin-password-new')),
      el('button', { type: 'button', class: `quiet small${agent.is_blocked ? '' : ' bad'}`, 'data-focus': `block-${agent.id}`, 'aria-label': `${t(agent.is_blocked ? 'admin-unblock' : 'admin-block')}: ${nameOf(agent)}`, onclick: () => block(agent) }, t(agent.is_blocked ? 'admin-unblock' : 'admin-block'))));
  return {
    action: el('button', { type: 'button', class: 'solid', onclick: add }, icon('person'), t('admin-agent-add')),
    content: agents.length > 0 ? el('ul', { class: 'entries' }, agents.map(row)) : el('p', { class: 'empty' }, t('admin-agents-none')),
  };
}
