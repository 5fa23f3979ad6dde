// Words and numbers in the page's language. The texts come from the server, so a sentence stands in one place only.

export const lang = document.documentElement.lang || 'en';

const answer = await fetch(new URL(`texts.${lang}.json`, import.meta.url));
const texts = answer.ok ? await answer.json() : {};

/** The text `page-<key>`, with `{name}` replaced by values. */
export function t(key, values = {}) {
  const text = texts[`page-${key}`] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// Browsers that know no months of a language (Uzbek) call them M01: there a date is 31.12.2026, as it is written by hand.
const named = !/\d/.test(new Intl.DateTimeFormat(lang, { month: 'long' }).format(0));
const format = (options) => new Intl.DateTimeFormat(named ? lang : 'ru', options);
const figures = { day: '2-digit', month: '2-digit' };
const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const formats = {
  clock: format(time),
  day: format(named ? { day: 'numeric', month: 'long' } : figures),
  dayOfYear: format(named ? { day: 'numeric', month: 'long', year: 'numeric' } : { ...figures, year: 'numeric' }),
  short: format(figures),
  shortOfYear: format({ ...figures, year: '2-digit' }),
  whole: format(named ? { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' } : { ...figures, year: 'numeric', ...time }),
  // Of the calendar, wherever the reader is.
  date: format({ ...(named ? { dateStyle: 'medium' } : { ...figures, year: 'numeric' }), timeZone: 'UTC' }),
};

export const clock = (time) => formats.clock.format(time);
export const wholeTime = (time) => formats.whole.format(time);
/** A day written `YYYY-MM-DD`. */
export const wholeDate = (day) => formats.date.format(new Date(`${day}T00:00:00Z`));

const sameDay = (one, other) => one.toDateString() === other.toDateString();

/** “Today”, “Yesterday”, or the date. */
export function day(time) {
  const now = new Date();
  if (sameDay(time, now)) return t('today');
  if (sameDay(time, new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return t('yesterday');
  return (time.getFullYear() === now.getFullYear() ? formats.day : formats.dayOfYear).format(time);
}

/** As short as a list wants it: the time of today, else the date. */
export function brief(time) {
  const now = new Date();
  if (sameDay(time, now)) return clock(time);
  return (time.getFullYear() === now.getFullYear() ? formats.short : formats.shortOfYear).format(time);
}

export function bytes(count) {
  const unit = (value, name, digits) => new Intl.NumberFormat(lang, { style: 'unit', unit: name, maximumFractionDigits: digits }).format(value);
  if (count < 1024) return unit(count, 'byte', 0);
  if (count < 1024 * 1024) return unit(count / 1024, 'kilobyte', 0);
  return unit(count / 1024 / 1024, 'megabyte', 1);
}
