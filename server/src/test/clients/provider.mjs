// The unmodified `ai` client against a server whose model is a provider's: aimock, run by `aimock.mjs`.

import assert from 'node:assert/strict';
import { STORY, THOUGHT } from './answers.mjs';
import { assertSame, assertWhole, textOf, types, userMessage } from './client.mjs';
import { args, run } from './cases.mjs';
import { Turns, content } from './turns.mjs';

const turns = new Turns(...args('base URL of the server', 'base URL of aimock'));

await run({
  async 'text is kept to the last character'() {
    const { message, answer } = await turns.answered('tell me a story', 'stop');
    assert.deepStrictEqual(types(message), ['step-start', 'text']);
    assert.equal(textOf(message), STORY);
    assert.equal(message.parts[1].state, 'done');
    const deltas = answer.chunks.filter(chunk => chunk.type === 'text-delta');
    assert.ok(deltas.length > 100, `${deltas.length} deltas of text`);
  },

  async 'reasoning is a part of its own before the text'() {
    const { message } = await turns.answered('think about it', 'stop');
    assert.deepStrictEqual(types(message), ['step-start', 'reasoning', 'text']);
    assert.equal(textOf(message, 'reasoning'), THOUGHT);
    assert.equal(textOf(message), '42.');
  },

  async 'the model is given the history of the store'() {
    const { client, chatId, question, message } = await turns.answered('think first', 'stop');
    const words = `tell the rest ${chatId}`;
    const next = userMessage(words);
    const answer = await client.ask(chatId, [question, message, next]);
    assertWhole(answer, chatId);
    const stored = await client.stored(chatId);
    [question, message, next, answer.message].forEach((sent, i) => assertSame(stored[i], sent, `message ${i}`));
    const [request, ...more] = await turns.requests(words);
    assert.deepStrictEqual(more, []);
    const said = request.messages.filter(({ role }) => role !== 'system' && role !== 'developer');
    assert.deepStrictEqual(said.map(one => [one.role, content(one)]), [
      ['user', 'think first'],
      ['assistant', '42.'],
      ['user', words],
    ]);
  },
});
