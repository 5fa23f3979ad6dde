// Calls to the server. An answer is JSON or nothing; whatever is not a success is a Failure with the server's words.

import { lang, t } from './i18n.js';

export class Failure extends Error {
  /** `status` 0: the server was not reached. `wait`: seconds to come again in, where it said so. */
  constructor(message, { status = 0, code = 'network', field = null, wait = 0 } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
    this.wait = wait;
  }
}

/** Goes to sign in, and from there back to this page. */
export function signIn() {
  const here = location.pathname + location.search + location.hash;
  location.assign(`/support/login/?next=${encodeURIComponent(here)}`);
}

async function failure(answer) {
  const body = await answer.json().catch(() => ({}));
  return new Failure(body.error ?? t('failed'), {
    status: answer.status,
    code: body.code ?? String(answer.status),
    field: body.field ?? null,
    wait: Number(answer.headers.get('retry-after')) || 0,
  });
}

/** `body`: an object for JSON, a FormData for files. `headers`: more of them. `signal` ends it early. */
export async function call(method, path, { body, headers = {}, signal, stay = false } = {}) {
  const all = { 'Accept-Language': lang, Accept: 'application/json', ...headers };
  const form = body instanceof FormData;
  if (body !== undefined && !form) all['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(path, { method, headers: all, body: form || body === undefined ? body : JSON.stringify(body), signal, credentials: 'same-origin' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure(t('offline'));
  }
  if (!answer.ok) {
    if (answer.status === 401 && !stay) signIn();
    throw await failure(answer);
  }
  if (answer.status === 204) return null;
  const content = await answer.json();
  // Lists without pages say in a header how many there are.
  const count = answer.headers.get('x-total-count');
  if (Array.isArray(content) && count !== null) content.total = Number(count);
  return content;
}

export const get = (path, options) => call('GET', path, options);
export const post = (path, body, options) => call('POST', path, { ...options, body: body ?? {} });
export const put = (path, body, options) => call('PUT', path, { ...options, body });
export const patch = (path, body, options) => call('PATCH', path, { ...options, body });
export const remove = (path, options) => call('DELETE', path, options);

/** A query string of what is neither null, undefined nor empty. */
export function query(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return kept.length > 0 ? `?${new URLSearchParams(kept)}` : '';
}
