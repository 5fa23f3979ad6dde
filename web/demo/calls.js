// Calls over HTTP with the server's own words when it refuses.

export class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(body?.error ?? `The server answered ${status}`);
    this.status = status;
    this.code = body?.code ?? null;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call can succeed later. */
  get passing() {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export async function get(path) {
  return answer(await fetch(path, { headers: { Accept: 'application/json' } }));
}

/** Posts a form as multipart, anything else as JSON. */
export async function post(path, body) {
  const form = body instanceof FormData;
  return answer(
    await fetch(path, {
      method: 'POST',
      headers: form ? {} : { 'Content-Type': 'application/json' },
      body: form ? body : JSON.stringify(body),
    }),
  );
}

async function answer(response) {
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new Refused(response.status, body, Number(response.headers.get('Retry-After')) || null);
}
