// The hook of one version of `@ai-sdk/react`, unmodified, in a page that one reads and clicks.

import assert from 'node:assert/strict';
import { JSDOM } from 'jsdom';
import { args, run, until } from '../clients/cases.mjs';
import { textOf } from '../clients/messages.mjs';
import { journeysOf } from './files.mjs';
import { Page } from './page.mjs';

const [files, hook, client, bases] = args('files of journeys', 'package of the hook', 'its client', 'base URLs');

const { window } = new JSDOM('', { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document });
globalThis.navigator ??= window.navigator;
const { createElement: h, StrictMode, useRef, useState } = await import('react');
const { flushSync } = await import('react-dom');
const { createRoot } = await import('react-dom/client');
const { useChat } = await import(hook);
const { DefaultChatTransport } = await import(client);

/**
 * @param onAct is given the promise of what a click began
 * @param body what is sent beside the next message
 */
function Chat({ onAct, body, ...options }) {
  const { messages, status, error, sendMessage, regenerate, stop } = useChat(options);
  const words = useRef();
  const [done, setDone] = useState(0);

  function button(name, act) {
    // Counted behind what the hook says, so that who sees the count sees that too.
    const onClick = () => onAct(act().finally(() => setDone(count => count + 1)));
    return h('button', { name, onClick }, name);
  }

  function article(message) {
    const { id, role } = message;
    const edit = button('edit', () => sendMessage({ text: words.current.value, messageId: id }));
    const again = button('regenerate', () => regenerate({ messageId: id }));
    return h('article', { key: id, id }, h('p', null, textOf(message)), role === 'user' && edit, again);
  }

  return h(
    'main',
    { 'data-status': status, 'data-error': error?.message, 'data-done': done },
    messages.map(article),
    h('input', { ref: words }),
    button('send', () => sendMessage({ text: words.current.value }, { body: body() })),
    button('again', () => regenerate()),
    button('stop', () => stop()),
    h('output', null, JSON.stringify(messages)),
  );
}

class DomPage extends Page {
  #element = document.body.appendChild(document.createElement('div'));
  #root = createRoot(this.#element);
  #act;
  #body;

  constructor({ messages = [], resume = false, strict = false, ...whose }) {
    super(whose);
    const transport = new DefaultChatTransport(this.transport);
    const onAct = act => (this.#act = act);
    const body = () => this.#body;
    const chat = h(Chat, { id: this.chatId, messages, resume, transport, onAct, body });
    flushSync(() => this.#root.render(strict ? h(StrictMode, null, chat) : chat));
  }

  /** What the hook gave at the last rendering, of which one reads the words. */
  get messages() {
    const messages = JSON.parse(this.#element.querySelector('output').textContent);
    const read = [...this.#element.querySelectorAll('article p')].map(({ textContent }) => textContent);
    assert.deepStrictEqual(read, messages.map(message => textOf(message)), 'what one reads');
    return messages;
  }

  get status() {
    return this.#element.querySelector('main')?.dataset.status ?? 'closed';
  }

  get error() {
    return this.#element.querySelector('main').dataset.error;
  }

  send(words, body) {
    this.#body = body;
    return this.#click('[name=send]', words);
  }

  edit(messageId, words) {
    return this.#click(`[id="${messageId}"] [name=edit]`, words);
  }

  regenerate(messageId) {
    return this.#click(messageId === undefined ? '[name=again]' : `[id="${messageId}"] [name=regenerate]`);
  }

  hangUp() {
    return this.#click('[name=stop]');
  }

  /** The hook tells nobody when what it resumed has ended: one sees it. */
  async resumed() {
    await until(
      () => this.answers,
      answers => answers.length > 0,
    );
    await this.#atRest();
    if (this.answers.includes('GET 200')) {
      await until(
        () => this.messages.at(-1),
        answer => answer?.metadata?.finishReason !== undefined,
      );
      await this.#atRest();
    }
  }

  close() {
    super.close();
    this.#root.unmount();
  }

  async #click(selector, words = '') {
    const before = this.#done;
    this.#element.querySelector('input').value = words;
    this.#element.querySelector(selector).click();
    await this.#act;
    await until(
      () => this.#done,
      done => done > before,
    );
    await this.#atRest();
  }

  /** How many acts have ended, as far as the page shows it; a page that is closed shows no more. */
  get #done() {
    return Number(this.#element.querySelector('main')?.dataset.done ?? Infinity);
  }

  #atRest() {
    return until(
      () => this.status,
      status => status !== 'submitted' && status !== 'streaming',
    );
  }
}

const cases = await journeysOf(files, bases, page => new DomPage(page), hook);
// Where React mounts everything twice, so the hook asks twice, or gives up what it asked first.
const strict = await journeysOf(files, bases, page => new DomPage({ ...page, strict: true }), hook);
for (const claim of [
  'a page reloaded in mid-answer ends with the whole answer',
  'a page that has nothing to resume rests, and can ask',
]) {
  if (claim in strict) {
    cases[`in strict mode, ${claim}`] = strict[claim];
  }
}
await run(cases);
