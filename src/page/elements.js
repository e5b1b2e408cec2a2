// @ts-nocheck -- a browser's script, and the compiler is set up for Node's types only.
// Whatever comes from alerts is hostile: it is only ever put into the page as text.
const good = new Set(['succeeded', 'passed', 'allow', 'planned', 'observed']);
const bad = new Set(['failed', 'denied', 'deny', 'interrupted', 'expired']);
const waits = new Set(['awaiting-approval', 'waiting', 'defer', 'needs-approval', 'inconclusive', 'supersede']);

export const byId = (id) => document.getElementById(id);

/** Labels may have megabytes, and a page that shows them whole shows nothing. */
const longest = 500;
export const short = (text) => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

export function element(name, { text, className, ...properties } = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = String(text);
  made.append(...children);
  return made;
}

const moodOf = (word) => (good.has(word) ? 'good' : bad.has(word) ? 'bad' : waits.has(word) ? 'wait' : '');
export const word = (text, className = moodOf(text)) => element('span', { text, className });
export const button = (text, onclick, className = '') => element('button', { type: 'button', text, onclick, className });
const two = (number) => String(number).padStart(2, '0');
const day = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

/** In the time of whoever looks, as ISO 8601 writes it; the day only where it is not today. */
export function moment(text, now = new Date()) {
  const at = new Date(text);
  return day(at) === day(now) ? clock(at) : `${day(at)} ${clock(at)}`;
}

export const time = (text) =>
  text === null ? element('span', { text: '—' }) : element('time', { text: moment(text), title: text, dateTime: text });
export const shown = (value) => short(value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value));

export const changeLine = ({ what, from, to }) =>
  element('li', {}, [
    element('code', { text: short(what) }),
    ': ',
    element('code', { text: shown(from) }),
    ' → ',
    element('code', { text: shown(to) }),
  ]);

/** Asks for one line of text, and with `hasEnd` for a time; undefined when the person went back. */
export function askBoth({ title, label, yes, isSecret = false, isNeeded = true, hasEnd = false }) {
  const dialog = byId('question');
  const input = byId('answer');
  byId('question-title').textContent = title;
  byId('question-label').textContent = label;
  byId('question-yes').textContent = yes;
  Object.assign(input, { value: '', type: isSecret ? 'password' : 'text', required: isNeeded });
  byId('end').hidden = !hasEnd;
  byId('until').value = '';
  if (dialog.open) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    let answer;
    const form = byId('question-form');
    const take = (event) => {
      event.preventDefault();
      answer = { text: input.value.trim(), until: byId('until').value.trim() };
      dialog.close();
    };
    const isClosed = () => {
      form.removeEventListener('submit', take);
      resolve(answer);
    };
    form.addEventListener('submit', take);
    dialog.addEventListener('close', isClosed, { once: true });
    dialog.showModal();
  });
}

/** The text alone. */
export const ask = async (question) => (await askBoth(question))?.text;
