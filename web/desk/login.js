// Signing in. A wrong password and a lock-out are told beside the form; success leads to the page that was asked for.

import { Failure, call } from './api.js';
import { find, say, show } from './dom.js';
import { t } from './i18n.js';

const form = find('#login');
const trouble = find('#trouble');
const button = find('button[type=submit]', form);

function tell(text) {
  say(trouble, text);
  show(trouble, text !== '');
}

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** Nobody can try before the time is over, so the page counts it down. */
function locked(seconds) {
  const end = Date.now() + seconds * 1000;
  // Read out once; the number that runs is for the eye only.
  const left = document.createElement('span');
  left.setAttribute('aria-hidden', 'true');
  tell(t('login-locked'));
  trouble.append(' ', left);
  button.disabled = true;
  const tick = () => {
    const rest = Math.ceil((end - Date.now()) / 1000);
    if (rest > 0) {
      say(left, minutes(rest));
      setTimeout(tick, 250);
      return;
    }
    button.disabled = false;
    tell('');
  };
  tick();
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form));
  button.disabled = true;
  tell('');
  try {
    await call('POST', '/auth/login', { body: { email: values.email.trim(), password: values.password }, stay: true });
    location.replace(form.dataset.next);
  } catch (error) {
    button.disabled = false;
    if (!(error instanceof Failure)) throw error;
    if (error.status === 429 && error.wait > 0) {
      locked(error.wait);
      return;
    }
    tell(error.message);
    const password = form.elements.password;
    password.focus();
    password.select();
  }
});
