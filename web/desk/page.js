// What every page of staff has around it: menus, and the way out.

import { post } from './api.js';
import { all, find, notice, watchMenus } from './dom.js';
import { telegram } from './link.js';

watchMenus();
// Another language of the very place where one is.
for (const link of all('a[hreflang]')) {
  link.addEventListener('click', () => {
    const here = new URLSearchParams(location.search);
    here.set('lang', link.hreflang);
    link.href = `?${here}${location.hash}`;
  });
}
find('[data-telegram]')?.addEventListener('click', telegram);
find('[data-sign-out]')?.addEventListener('click', async () => {
  try {
    await post('/auth/logout', {}, { stay: true });
  } catch (error) {
    // Whoever is not signed in any more is where they wanted to be.
    if (error.status !== 401) {
      notice(error.message, 'bad');
      return;
    }
  }
  location.assign('/support/login/');
});
