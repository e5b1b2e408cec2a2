// @ts-nocheck -- a browser's script, and the compiler is set up for Node's types only.
// Whatever comes from alerts is hostile: it is only ever put into the page as text.
const good = new Set(['succeeded', 'passed', 'allow', 'planned', 'observed']);
const bad = new Set(['failed', 'denied', 'deny', 'interrupted', 'expired']);
const waits = new Set(['awaiting-approval', 'waiting', 'defer', 'needs-approval', 'inconclusive', 'supersede']);

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
