// Whoever is signed in and their private chat with the bot: a code links both, and the same menu ends it.

import { Failure, post } from './api.js';
import { notice } from './dom.js';
import { showOnce, sure } from './form.js';
import { t } from './i18n.js';

export async function telegram() {
  try {
    const { command, link } = await post('/api/telegram/link-code');
    showOnce({ title: t('telegram'), text: t('telegram-code'), secret: command, link: link && { href: link, text: t('telegram-open') } });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'already_linked') await unlink();
    else notice(error.message, 'bad');
  }
}

async function unlink() {
  if (!await sure({ title: t('telegram'), text: t('telegram-linked'), yes: t('telegram-unlink') })) return;
  try {
    await post('/api/telegram/unlink');
    notice(t('telegram-unlinked'));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    notice(error.message, 'bad');
  }
}
