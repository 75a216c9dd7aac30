import assert from 'node:assert/strict';
import { DefaultChatTransport, generateId, readUIMessageStream } from 'ai';
import { guestToken, storedMessages, text } from './messages.mjs';

export { assertSame, known, text, textOf, types } from './messages.mjs';

/** A user of the server under test, with the stock client and its REST API beside it. */
export class Client {
  #base;
  #headers;

  constructor(base, token) {
    this.#base = base;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  static async guest(base) {
    return new Client(base, await guestToken(base));
  }

  /**
   * Sends the messages as `useChat` does and reads the answer to its end, whatever that end is.
   *
   * `readUIMessageStream` hides errors unless it is given `onError`: here they are collected, as is each chunk
   * with the time it came at.
   */
  async ask(chatId, messages, { transport = {}, abortSignal, onChunk } = {}) {
    const answer = { message: undefined, chunks: [], times: [], errors: [], headers: undefined };
    const chat = new DefaultChatTransport({
      api: `${this.#base}/api/chat`,
      headers: this.#headers,
      fetch: async (...request) => {
        const response = await fetch(...request);
        answer.headers = response.headers;
        return response;
      },
      ...transport,
    });
    const stream = await chat.sendMessages({
      chatId,
      messages,
      trigger: 'submit-message',
      messageId: undefined,
      abortSignal,
    });
    const watched = stream.pipeThrough(
      new TransformStream({
        transform(chunk, out) {
          answer.chunks.push(structuredClone(chunk));
          answer.times.push(performance.now());
          onChunk?.(chunk);
          out.enqueue(chunk);
        },
      }),
    );
    const onError = error => answer.errors.push(error);
    for await (const message of readUIMessageStream({ stream: watched, onError })) {
      answer.message = message;
    }
    return answer;
  }

  /** What the store holds of a chat. */
  stored(chatId) {
    return storedMessages(this.#base, this.#headers, chatId);
  }
}

/** A user's message as `useChat` makes it. */
export function userMessage(...parts) {
  return { id: generateId(), role: 'user', parts: parts.map(part => (typeof part === 'string' ? text(part) : part)) };
}

/** The stream was one whole answer in the protocol's order, and the client had nothing to complain about. */
export function assertWhole(answer, chatId) {
  assert.deepStrictEqual(answer.errors, [], 'errors the client reported');
  assertStarted(answer, chatId);
  assert.equal(answer.chunks.at(-1).type, 'finish', 'the last chunk');
}

/** The stream ended in an error chunk with one short sentence of the server's own; gives that sentence. */
export function assertFailed(answer, chatId) {
  assertStarted(answer, chatId);
  const { type, errorText } = answer.chunks.at(-1);
  assert.equal(type, 'error', 'the last chunk');
  assert.deepStrictEqual(answer.errors.map(error => error.message), [errorText], 'errors the client reported');
  assert.match(errorText, /^[A-Z][^\n{}<>]{5,100}\.$/, 'the text of the error');
  return errorText;
}

function assertStarted(answer, chatId) {
  assert.equal(answer.headers.get('x-vercel-ai-ui-message-stream'), 'v1', 'the header of the protocol');
  assert.equal(answer.headers.get('x-chat-id'), chatId, 'the header X-Chat-Id');
  assert.match(answer.headers.get('content-type'), /^text\/event-stream\b/, 'the content type');
  assert.equal(answer.chunks[0].type, 'start', 'the first chunk');
  assert.equal(answer.chunks[0].messageId, answer.message.id, "the client's id of the answer");
}
