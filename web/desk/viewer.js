// A photo as large as the window, to look at and to keep. Dialogs give the focus back to where it was.

import { all, find, say } from './dom.js';

export function setUpViewer() {
  for (const dialog of all('dialog')) {
    dialog.addEventListener('click', (event) => (event.target === dialog || event.target.closest('[data-dismiss]')) && dialog.close());
  }
  find('#viewer').addEventListener('close', () => find('#viewer-image').removeAttribute('src'));
}

export function openPhoto(url, name, opener) {
  const image = find('#viewer-image');
  image.src = url;
  image.alt = name;
  say(find('#viewer-name'), name);
  const save = find('#viewer-save');
  save.href = url;
  save.download = name;
  find('#viewer').showModal();
  find('#viewer').addEventListener('close', () => opener.focus(), { once: true });
}
