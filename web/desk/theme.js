// The colour scheme a reader chose, applied before anything is drawn: so this is no module and waits for nothing.
// Without a choice the system's is followed.
(() => {
  const KEY = 'relaydesk-theme';
  const root = document.documentElement;
  const chosen = () => {
    try {
      return localStorage.getItem(KEY) ?? 'system';
    } catch {
      return 'system';
    }
  };
  const apply = (theme) => {
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll('[data-theme-set]')) {
      button.setAttribute('aria-pressed', String(button.dataset.themeSet === theme));
    }
  };
  apply(chosen());
  addEventListener('storage', (event) => event.key === KEY && apply(chosen()));
  document.addEventListener('DOMContentLoaded', () => apply(chosen()));
  document.addEventListener('click', (event) => {
    const theme = event.target.closest?.('[data-theme-set]')?.dataset.themeSet;
    if (!theme) return;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage the choice lasts until the page is left.
    }
    apply(theme);
  });
})();
