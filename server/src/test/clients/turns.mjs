import assert from 'node:assert/strict';
import { generateId } from 'ai';
import { Client, assertFailed, assertSame, assertWhole, known, types, userMessage } from './client.mjs';

/** Questions to one server whose model is aimock's, each in a chat of its own and of a new user. */
export class Turns {
  #base;
  #provider;

  constructor(base, provider) {
    this.#base = base;
    this.#provider = provider;
  }

  /** Asks, expects a whole answer, and that the store holds the very message the client read. */
  async answered(words, finishReason) {
    const turn = await this.#asked(words, 'complete');
    assertWhole(turn.answer, turn.chatId);
    const { modelId, finishReason: reason, tokens } = turn.message.metadata;
    assert.equal(modelId, 'gpt-5');
    assert.equal(reason, finishReason);
    assert.ok(tokens.input > 0 && tokens.output > 0, JSON.stringify(tokens));
    assert.equal(tokens.total, tokens.input + tokens.output);
    return turn;
  }

  /** Asks, expects a failed answer of these parts, the same in the store, and the same when it is asked for again. */
  async failed(words, ...parts) {
    const turn = await this.#asked(words, 'failed');
    const errorText = assertFailed(turn.answer, turn.chatId);
    assert.equal(turn.message.metadata.finishReason, 'error');
    assert.deepStrictEqual(types(turn.message), parts);

    const again = await turn.client.ask(turn.chatId, [turn.question]);
    assertFailed(again, turn.chatId);
    assert.equal((await turn.client.stored(turn.chatId)).length, 2);
    assert.deepStrictEqual(known(again.message), known(turn.message), 'the answer when it is asked for again');
    return { ...turn, errorText };
  }

  /** The bodies the provider was sent with these last words, oldest first. */
  async requests(words) {
    const response = await fetch(`${this.#provider}/__aimock/journal`);
    assert.equal(response.status, 200);
    const bodies = (await response.json()).map(({ body }) => body);
    return bodies.filter(({ messages }) => content(messages.at(-1)) === words);
  }

  async #asked(words, status) {
    const client = await Client.guest(this.#base);
    const chatId = generateId();
    const question = userMessage(words);
    const answer = await client.ask(chatId, [question]);
    const stored = await client.stored(chatId);
    assert.equal(stored.length, 2);
    assert.equal(stored[1].status, status, `the status of the answer; the client saw ${answer.errors}`);
    assertSame(stored[0], question, 'the question');
    assertSame(stored[1], answer.message, 'the answer');
    return { client, chatId, question, answer, message: answer.message };
  }
}

/** The text of a message of OpenAI's protocol. */
export function content(message) {
  return typeof message.content === 'string' ? message.content : message.content.map(part => part.text).join('');
}

export function toolCall(message, name) {
  const call = message.parts.find(part => part.type === 'dynamic-tool' && part.toolName === name);
  assert.ok(call, `no call of ${name} in ${JSON.stringify(message.parts)}`);
  return call;
}
