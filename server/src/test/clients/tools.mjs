// The unmodified `ai` client, and models that call tools the server does not have; some of them badly.

import assert from 'node:assert/strict';
import { assertWhole, known, types, userMessage } from './client.mjs';
import { args, run } from './cases.mjs';
import { Turns, toolCall } from './turns.mjs';

const turns = new Turns(...args('base URL of the server', 'base URL of aimock'));

await run({
  async 'a call of a tool the server does not have waits for its output'() {
    const { message, answer } = await turns.answered('weather in Paris', 'tool-calls');
    assert.deepStrictEqual(types(message), ['step-start', 'dynamic-tool']);
    assert.deepStrictEqual(known(message).parts[1], {
      type: 'dynamic-tool',
      toolName: 'getWeather',
      toolCallId: 'call_weather_1',
      state: 'input-available',
      input: { city: 'Paris', days: [1, 2.5, -300], at: null },
    });
    const deltas = answer.chunks.filter(chunk => chunk.type === 'tool-input-delta');
    assert.ok(deltas.length > 3, `${deltas.length} deltas of arguments`);
  },

  async 'reasoning, text and two tool calls of one answer are kept in their order'() {
    const { message } = await turns.answered('both of them', 'tool-calls');
    assert.deepStrictEqual(types(message), ['step-start', 'reasoning', 'text', 'dynamic-tool', 'dynamic-tool']);
    assert.equal(toolCall(message, 'getWeather').state, 'input-available');
    assert.deepStrictEqual(toolCall(message, 'getTime').input, {});
  },

  async 'a call with arguments that are not JSON is an error of that call'() {
    const { message } = await turns.answered('misspelt call', 'tool-calls');
    const call = toolCall(message, 'getWeather');
    assert.equal(call.state, 'output-error');
    assert.deepStrictEqual(call.input, {}, 'what can be read of it');
  },

  async 'arguments with a NUL are kept, the NUL replaced'() {
    const { message } = await turns.answered('nul in a call', 'tool-calls');
    assert.deepStrictEqual(toolCall(message, 'write').input, { text: 'a\ufffdb' });
  },

  // Half a surrogate pair has no UTF-8 form, numbers and nesting have limits in PostgreSQL and Jackson.
  ...Object.fromEntries(
    [
      ['half', 'half a surrogate pair'],
      ['huge', 'a number of 200,000 digits'],
      ['deep', 'lists 499 deep'],
    ].map(([word, what]) => [
      `a call whose arguments hold ${what} does not lose the answer`,
      async () => {
        const { client, chatId, message } = await turns.answered(word, 'tool-calls');
        const call = toolCall(message, 'write');
        assert.match(call.state, /^(input-available|output-error)$/);
        assert.notDeepStrictEqual(call.input, { text: 'a?' }, 'what cannot be encoded is not a question mark');
        assertWhole(await client.ask(chatId, [userMessage('think after it')]), chatId);
      },
    ]),
  ),
});
