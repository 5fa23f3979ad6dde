// What the group's pane and the private chat's draw alike: albums, pictures, files, a line that stands for a post.

import { bytes, el, icon, photo } from './dom.js';
import { world } from './world.js';

const KINDS = {
  photo: 'Photo', document: 'File', video: 'Film', video_note: 'Round film', animation: 'Animation', voice: 'Voice message',
  audio: 'Music', sticker: 'Sticker', location: 'Place', contact: 'Contact',
};

/** Posts in order, the parts of an album together. */
export function albums(posts) {
  const groups = [];
  for (const post of posts) {
    const last = groups.at(-1)?.[0];
    if (post.media_group_id && post.media_group_id === last?.media_group_id) groups.at(-1).push(post);
    else groups.push([post]);
  }
  return groups;
}

export function pictures(parts) {
  const photos = parts.flatMap((part) => part.files.filter((file) => file.kind === 'photo'));
  if (photos.length === 0) return null;
  const drawn = photos.map((file, at) => photo(world.fileUrl(file), world.fileUrl(file), `photo ${at + 1} of ${photos.length}`));
  return el('div', { class: 'album', 'data-count': Math.min(photos.length, 4) }, drawn);
}

export function files(parts) {
  const others = parts.flatMap((part) => part.files.filter((file) => file.kind !== 'photo'));
  return others.map((file) => el('a', { class: 'file', href: world.fileUrl(file), download: file.name }, icon('file'), `${file.name} (${bytes(file.size)})`));
}

export function excerpt(post) {
  const plain = post.text.replace(/[\u200b\s]+/g, ' ').trim();
  if (plain) return plain.length > 90 ? `${plain.slice(0, 90)}…` : plain;
  return KINDS[post.kind] ?? post.kind;
}

export function fullName(agent) {
  return agent ? [agent.first_name, agent.last_name].filter(Boolean).join(' ') : '';
}
