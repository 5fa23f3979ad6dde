// One message, or one note, as an element. What people wrote is text and nothing else; addresses in it become links.

import { el, icon, time } from './dom.js';
import { bytes, clock, t } from './i18n.js';
import { openPhoto } from './viewer.js';

const ADDRESS = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

/** What a list shows of a message. */
export function summary(message) {
  const [first] = message.attachments ?? [];
  const words = message.text.trim() || (first ? t(`kind-${first.kind.replace('_', '-')}`) : '');
  return message.sender === 'supp' ? `${t('you')} ${words}` : words;
}

/** Text with its web addresses as links; everything else stays as it is. */
export function words(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(ADDRESS)) {
    parts.push(text.slice(at, match.index), el('a', { href: match[0], target: '_blank', rel: 'noopener noreferrer nofollow' }, match[0]));
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== '');
}

const isOwn = (url) => typeof url === 'string' && url.startsWith('/uploads/');

function attachment(part) {
  const label = part.name || t(`kind-${part.kind.replace('_', '-')}`);
  if (part.kind === 'location') {
    return el('p', { class: 'fact' }, `📍 ${part.latitude}, ${part.longitude}`);
  }
  if (part.kind === 'contact') return el('p', { class: 'fact' }, `👤 ${[part.name, part.phone].filter(Boolean).join(', ')}`);
  if (!part.url) return el('p', { class: 'fact' }, label);
  // The page loads nothing from elsewhere, so what lies there is a link.
  if (!isOwn(part.url)) return el('a', { class: 'file', href: part.url, target: '_blank', rel: 'noopener noreferrer' }, icon('globe'), el('span', {}, label));
  const isImage = ['photo', 'sticker'].includes(part.kind) || (part.mime ?? '').startsWith('image/');
  if (isImage) {
    const image = el('img', { src: part.thumb_url ?? part.url, alt: '', loading: 'lazy', decoding: 'async' });
    return el('button', { type: 'button', class: `photo ${part.kind}`, 'aria-label': `${t('photo-open')}: ${label}`, onclick: (event) => openPhoto(part.url, label, event.currentTarget) }, image);
  }
  if (['voice', 'audio'].includes(part.kind)) return el('audio', { src: part.url, controls: true, preload: 'none', 'aria-label': label });
  if (['video', 'video_note', 'animation'].includes(part.kind)) return el('video', { src: part.url, controls: true, preload: 'metadata', poster: part.thumb_url, 'aria-label': label });
  const size = part.size ? bytes(part.size) : null;
  return el('a', { class: 'file', href: part.url, download: label }, icon('file'), el('span', {}, label), size && el('small', {}, size));
}

/** `joined`: the same person goes on. */
export function messageElement(message, { contactName, joined }) {
  const supp = message.sender === 'supp';
  const at = new Date(message.created_at);
  const files = message.attachments ?? [];
  const mark = supp && el('span', { class: message.read ? 'mark read' : 'mark', role: 'img', 'aria-label': t(message.read ? 'mark-read' : 'mark-sent'), title: t(message.read ? 'mark-read' : 'mark-sent') }, icon(message.read ? 'read' : 'sent'));
  return el('li', { class: `message ${supp ? 'supp' : 'user'}${joined ? ' joined' : ''}`, id: `m${message.id}` },
    el('div', { class: 'bubble' },
      joined ? el('span', { class: 'vh' }, `${supp ? message.agent_name || t('support-team') : contactName}:`) : el('b', { class: 'author' }, supp ? message.agent_name || t('support-team') : contactName),
      files.length > 0 && el('div', { class: files.length > 1 ? 'files several' : 'files' }, files.map(attachment)),
      message.text && el('p', { class: 'words', dir: 'auto' }, words(message.text)),
      el('span', { class: 'meta' }, message.edited_at && el('span', {}, t('edited')), time(at, clock(at)), mark || null)));
}

export function noteElement(note) {
  const at = new Date(note.created_at);
  return el('li', { class: 'message note' },
    el('div', { class: 'bubble' },
      el('b', { class: 'author' }, icon('note'), `${t('note-by')} ${note.agent_name || t('support-team')}`),
      el('p', { class: 'words', dir: 'auto' }, words(note.text)),
      el('span', { class: 'meta' }, time(at, clock(at)))));
}
