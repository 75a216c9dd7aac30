// The chat of one version of `ai`, unmodified, with the least state that one can give it.

import { args, run } from '../clients/cases.mjs';
import { journeys } from './journeys.mjs';
import { Page } from './page.mjs';

const [version, base] = args('package', 'base URL of the server');
const { AbstractChat, DefaultChatTransport } = await import(version);

class Messages {
  status = 'ready';
  error;

  constructor(messages) {
    this.messages = messages;
  }

  pushMessage(message) {
    this.messages = this.messages.concat(message);
  }

  popMessage() {
    this.messages = this.messages.slice(0, -1);
  }

  replaceMessage(index, message) {
    this.messages = this.messages.with(index, this.snapshot(message));
  }

  snapshot(value) {
    return structuredClone(value);
  }
}

class Chat extends AbstractChat {
  constructor({ messages, ...init }) {
    super({ ...init, state: new Messages(messages) });
  }
}

class ChatPage extends Page {
  #chat;
  #resumed;

  constructor({ messages = [], resume = false, ...whose }) {
    super(whose);
    this.#chat = new Chat({ id: this.chatId, messages, transport: new DefaultChatTransport(this.transport) });
    this.#resumed = resume ? this.#chat.resumeStream() : undefined;
  }

  get messages() {
    return this.#chat.messages;
  }

  get status() {
    return this.#chat.status;
  }

  get error() {
    return this.#chat.error?.message;
  }

  send(words) {
    return this.#chat.sendMessage({ text: words });
  }

  edit(messageId, words) {
    return this.#chat.sendMessage({ text: words, messageId });
  }

  regenerate(messageId) {
    return messageId === undefined ? this.#chat.regenerate() : this.#chat.regenerate({ messageId });
  }

  hangUp() {
    return this.#chat.stop();
  }

  resumed() {
    return this.#resumed;
  }
}

await run(journeys(base, page => new ChatPage(page), version));
