// Deliveries that were given up, and letting them go once more.

import { get, post } from './api.js';
import { el, icon } from './dom.js';
import { sure } from './form.js';
import { t, wholeTime } from './i18n.js';

export const load = () => get('/support/jobs/dead/?limit=200');

const replay = (job) => post(`/support/jobs/${job.id}/replay/`);

export function draw(jobs, desk) {
  const all = async () => {
    if (!(await sure({ title: t('admin-replay-all'), text: t('admin-replay-all-text'), yes: t('admin-replay-all') }))) return;
    await desk.act(() => post('/support/jobs/replay/'), t('admin-replayed'));
  };
  const row = (job) => el('li', { class: 'entry' },
    el('div', { class: 'about' },
      el('p', {}, el('b', {}, `#${job.id} `), el('span', { class: 'tag' }, job.carrier), ' ', el('span', { class: 'tag' }, job.kind)),
      job.last_error && el('p', { class: 'wrong' }, job.last_error),
      el('p', { class: 'hint' }, [wholeTime(new Date(job.created_at)), t('admin-attempts', { count: job.attempts }), job.ticket && t('admin-ticket', { id: job.ticket })].filter(Boolean).join(' · '))),
    el('div', { class: 'does' },
      el('button', { type: 'button', class: 'quiet small', 'data-focus': `replay-${job.id}`, 'aria-label': `${t('admin-replay')} #${job.id}`, onclick: () => desk.act(() => replay(job), t('admin-replayed')) }, icon('reopen'), t('admin-replay'))));
  return {
    action: jobs.length > 1 && el('button', { type: 'button', class: 'solid', onclick: all }, icon('reopen'), t('admin-replay-all')),
    content: jobs.length > 0 ? el('ul', { class: 'entries' }, jobs.map(row)) : el('p', { class: 'empty' }, icon('check'), ' ', t('admin-jobs-none')),
  };
}
