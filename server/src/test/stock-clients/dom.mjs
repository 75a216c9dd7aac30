// The hook of one version of `@ai-sdk/react`, unmodified, in a page that one reads and clicks.

import assert from 'node:assert/strict';
import { JSDOM } from 'jsdom';
import { args, run, until } from '../clients/cases.mjs';
import { textOf } from '../clients/messages.mjs';
import { journeys } from './journeys.mjs';
import { Page } from './page.mjs';

const [hook, client, base] = args('package of the hook', 'package of the client', 'base URL of the server');

const { window } = new JSDOM('', { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document });
globalThis.navigator ??= window.navigator;
const { createElement: h, StrictMode, useRef } = await import('react');
const { flushSync } = await import('react-dom');
const { createRoot } = await import('react-dom/client');
const { useChat } = await import(hook);
const { DefaultChatTransport } = await import(client);

/** @param onAct is given the promise of what a click began */
function Chat({ onAct, ...options }) {
  const { messages, status, error, sendMessage, regenerate, stop } = useChat(options);
  const words = useRef();

  function button(name, act) {
    return h('button', { name, onClick: () => onAct(act()) }, name);
  }

  function article(message) {
    const { id, role } = message;
    const act =
      role === 'user'
        ? button('edit', () => sendMessage({ text: words.current.value, messageId: id }))
        : button('regenerate', () => regenerate({ messageId: id }));
    return h('article', { key: id, id }, h('p', null, textOf(message)), act);
  }

  return h(
    'main',
    { 'data-status': status, 'data-error': error?.message },
    messages.map(article),
    h('input', { ref: words }),
    button('send', () => sendMessage({ text: words.current.value })),
    button('again', () => regenerate()),
    button('stop', () => stop()),
    h('output', null, JSON.stringify(messages)),
  );
}

class DomPage extends Page {
  #element = document.body.appendChild(document.createElement('div'));
  #root = createRoot(this.#element);
  #act;

  constructor({ messages = [], resume = false, strict = false, ...whose }) {
    super(whose);
    const transport = new DefaultChatTransport(this.transport);
    const onAct = act => (this.#act = act);
    const chat = h(Chat, { id: this.chatId, messages, resume, transport, onAct });
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

  send(words) {
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
    this.#element.querySelector('input').value = words;
    this.#element.querySelector(selector).click();
    await this.#act;
    await this.#atRest();
  }

  #atRest() {
    return until(
      () => this.status,
      status => status !== 'submitted' && status !== 'streaming',
    );
  }
}

const plain = journeys([base], page => new DomPage(page), hook);
const strict = journeys([base], page => new DomPage({ ...page, strict: true }), hook);
// Where React mounts everything twice, so the hook asks twice, or gives up what it asked first.
const resuming = [
  'a page reloaded in mid-answer ends with the whole answer',
  'a page that has nothing to resume rests, and can ask',
];
await run({ ...plain, ...Object.fromEntries(resuming.map(claim => [`in strict mode, ${claim}`, strict[claim]])) });
