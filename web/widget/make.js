// Elements, icons and small things of text. Nothing here is parsed as HTML, so it works under any page's policy.

const SVG = 'http://www.w3.org/2000/svg';

export const ICONS = {
  chat: 'M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-5 4.2V16A2 2 0 0 1 4 14z',
  down: 'm6 9.5 6 6 6-6',
  send: 'M4 12 20 4l-5 16-3.4-6.6zM11.6 13.4l4.2-4.8',
  clip: 'm19 11-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5L12.6 4.4a3.1 3.1 0 0 1 4.4 4.4l-7.7 7.7a1.55 1.55 0 0 1-2.2-2.2L14 7.4',
  cross: 'm6 6 12 12M18 6 6 18',
  file: 'M7 3.5h7l4 4v13H7zM14 3.5v4h4',
  sent: 'm6 12.5 4 4 8-9',
  read: 'm2.5 12.5 4 4 8-9M11.5 15.5l1 1 8-9',
  wait: 'M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0zM12 7.5V12l3 2',
  alarm: 'M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0zM12 7.5v5M12 16v.1',
  star: 'm12 3.8 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z',
  end: 'M12 4v8M7.5 6.5a7 7 0 1 0 9 0',
};

export function el(tag, attributes, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...inside.filter((part) => part != null && part !== false && part !== ''));
  return made;
}

export function icon(name) {
  const drawn = document.createElementNS(SVG, 'svg');
  drawn.setAttribute('viewBox', '0 0 24 24');
  drawn.setAttribute('class', 'icon');
  drawn.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  drawn.append(path);
  return drawn;
}

// Text with its addresses as links; everything else stays text.
export function words(text) {
  return text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/i).map((part, index) =>
    index % 2 ? el('a', { href: part, target: '_blank', rel: 'noopener noreferrer nofollow' }, part) : part);
}

export function bytes(size) {
  return size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} KB` : `${(size / 1e6).toFixed(1)} MB`;
}

// `randomUUID` exists on secure origins only.
export function uuid() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, '0')).join('');
}
