import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { guestToken, storedMessages, text } from '../clients/messages.mjs';

/** A user of the server under test, and what their pages ask it beside what the stock client asks. */
export class User {
  #base;
  #headers;

  constructor(base, token) {
    this.#base = base;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  static async guest(base) {
    return new User(base, await guestToken(base));
  }

  /** The options of a stock transport that speaks for this user. */
  get transport() {
    return { api: `${this.#base}/api/chat`, headers: this.#headers };
  }

  /** The messages of a chat, as a page that is loaded reads them. */
  load(chatId) {
    return storedMessages(this.#base, this.#headers, chatId);
  }

  /** How many messages of a chat are stored, also when there is no such chat. */
  async count(chatId) {
    const response = await this.#fetch('GET', `/api/chats/${chatId}`);
    const answer = await response.text();
    return response.status === 404 ? 0 : JSON.parse(answer).pagination.total;
  }

  /** How many free messages were taken from this user. */
  async used() {
    return (await this.#call('GET', '/api/free-messages/status')).freeMessages.used;
  }

  /** What stands in the place of a message on all branches. */
  async siblings(chatId, messageId) {
    return (await this.#call('GET', `/api/chats/${chatId}/messages/${messageId}/siblings`)).siblings;
  }

  show(chatId, branch) {
    return this.#call('PUT', `/api/chats/${chatId}/branch`, { branch });
  }

  /** Stops an answer; the one of this id, or the one at the end of what is shown. */
  stop(chatId, messageId) {
    return this.#call('POST', `/api/chat/${chatId}/stop${messageId === undefined ? '' : `?messageId=${messageId}`}`);
  }

  /** One message, whether it is shown or not. */
  async message(chatId, messageId) {
    return (await this.#call('GET', `/api/chats/${chatId}/messages/${messageId}`)).message;
  }

  /** Asks by hand, and hangs up when the answer has some text. */
  async askAndHangUp(chatId, words) {
    const gone = new AbortController();
    const messages = [{ id: randomUUID(), role: 'user', parts: [text(words)] }];
    const response = await this.#fetch('POST', '/api/chat', { id: chatId, messages }, gone.signal);
    assert.equal(response.status, 200);
    let read = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      read += piece;
      if (read.includes('"text-delta"')) {
        break;
      }
    }
    gone.abort();
  }

  async #call(method, path, body) {
    const response = await this.#fetch(method, path, body);
    const answer = await response.text();
    assert.equal(response.status, 200, `${method} ${path}: ${response.status} ${answer}`);
    const { success, ...rest } = JSON.parse(answer);
    assert.equal(success, true, answer);
    return rest;
  }

  #fetch(method, path, body, signal) {
    const headers = { ...this.#headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    return fetch(this.#base + path, { method, headers, body: JSON.stringify(body), signal });
  }
}
