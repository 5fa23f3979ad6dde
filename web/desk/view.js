// The list's view: which tickets it shows and in which order, said to the server as a query and judged here for what
// changes while one looks.

import { query } from './api.js';

export const FIRST_VIEW = { tab: 'all', status: 'open', category: '', q: '', order: 'newest' };

/** The query of a page. */
export function pageQuery({ tab, status, category, q, order }, limit, offset) {
  const resolved = { open: false, closed: true }[status];
  return query({
    mine: tab === 'mine' ? true : null,
    manager__isnull: tab === 'unassigned' ? true : null,
    resolved,
    status: resolved === undefined && status !== 'all' ? status : null,
    category,
    q: q.trim(),
    order,
    limit,
    offset,
  });
}

/** Whether a ticket is shown; what a search finds only the server knows, so there it is what is listed already. */
export function belongs(ticket, { tab, status, category, q }, me, listed) {
  if (q.trim()) return listed;
  const agent = ticket.support_manager?.id ?? null;
  if (tab === 'mine' && agent !== me) return false;
  if (tab === 'unassigned' && agent !== null) return false;
  if (category && ticket.category !== Number(category)) return false;
  if (status === 'all') return true;
  if (status === 'open' || status === 'closed') return ticket.resolved === (status === 'closed');
  return ticket.status === status;
}

/** Whether one ticket stands before another. */
export function before(one, other, { order }) {
  if (order === 'newest') return one.id > other.id;
  return one.resolved === other.resolved ? one.id < other.id : other.resolved;
}
