// @ts-nocheck -- a browser's script, and the compiler is set up for Node's types only.
// Whatever comes from alerts is hostile: it is only ever put into the page as text.
const good = new Set(['succeeded', 'passed', 'allow', 'planned', 'observed']);
const bad = new Set(['failed', 'denied', 'deny', 'interrupted', 'expired']);
const waits = new Set(['awaiting-approval', 'waiting', 'defer', 'needs-approval', 'inconclusive', 'supersede']);

export const byId = (id) => document.getElementById(id);

export function element(name, { text, className, ...properties } = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = String(text);
  made.append(...children);
  return made;
}

const moodOf = (word) => (good.has(word) ? 'good' : bad.has(word) ? 'bad' : waits.has(word) ? 'wait' : '');
export const word = (text) => element('span', { text, className: moodOf(text) });
export const button = (text, onclick, className = '') => element('button', { type: 'button', text, onclick, className });
export const time = (text) =>
  text === null
    ? element('span', { text: '—' })
    : element('time', { text: new Date(text).toLocaleTimeString(), title: text, dateTime: text });
export const shown = (value) => (value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value));

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
