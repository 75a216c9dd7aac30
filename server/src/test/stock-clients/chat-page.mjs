import { Page } from './page.mjs';

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

/**
 * Opens pages with the chat of one version of `ai`, unmodified, with the least state that one can give it. What a page
 * is opened with and is not the page's own, such as `onToolCall`, goes to the chat.
 */
export async function chatPages(version) {
  const { AbstractChat, DefaultChatTransport } = await import(version);

  class Chat extends AbstractChat {
    constructor({ messages, ...init }) {
      super({ ...init, state: new Messages(messages) });
    }
  }

  class ChatPage extends Page {
    #chat;
    #resumed;

    constructor({ messages = [], resume = false, user, chatId, bases, ...options }) {
      super({ user, chatId, bases });
      this.#chat = new Chat({ ...options, id: chatId, messages, transport: new DefaultChatTransport(this.transport) });
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

    send(words, body) {
      return this.#chat.sendMessage({ text: words }, body === undefined ? undefined : { body });
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

    /** Of version 7 with `experimental_queue`: what waits for the end of the answer. */
    get queued() {
      return this.#chat.experimental_queuedMessages;
    }

    /** Stops the answer, and sends what waits under this id. */
    sendNow(messageId) {
      return this.#chat.experimental_sendQueuedMessageNow(messageId);
    }
  }

  return page => new ChatPage(page);
}
