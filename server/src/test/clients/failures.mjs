// The unmodified `ai` client, and a provider that fails before the first word or breaks off after some.

import assert from 'node:assert/strict';
import { generateId } from 'ai';
import { STORY, THOUGHT } from './answers.mjs';
import { textOf } from './client.mjs';
import { args, run } from './cases.mjs';
import { Turns, toolCall } from './turns.mjs';

const turns = new Turns(...args('base URL of the server', 'base URL of aimock'));

await run({
  async 'a provider that is overloaded is asked three times, and the answer has failed'() {
    const words = `overloaded ${generateId()}`;
    const { errorText } = await turns.failed(words, 'step-start');
    assert.doesNotMatch(errorText, /secret|sk-|overloaded/, 'what the provider said is not for the client');
    assert.equal((await turns.requests(words)).length, 3);
  },

  async 'an answer cut in the middle of its text keeps what was said'() {
    const words = `snap ${generateId()}`;
    const { message } = await turns.failed(words, 'step-start', 'text');
    const partial = textOf(message);
    assert.ok(partial.length > 0 && partial.length < STORY.length && STORY.startsWith(partial), partial);
    assert.equal(message.parts[1].state, 'done');
    assert.equal((await turns.requests(words)).length, 1, 'an answer that has begun is not asked for again');
  },

  async 'an answer cut in the middle of its reasoning keeps what was thought'() {
    const { message } = await turns.failed('blank out', 'step-start', 'reasoning');
    const partial = textOf(message, 'reasoning');
    assert.ok(partial.length > 0 && THOUGHT.startsWith(partial), partial);
  },

  async 'a tool call cut in the middle of its arguments is an error of that call'() {
    const { message } = await turns.failed('hangup in a call', 'step-start', 'text', 'dynamic-tool');
    const call = toolCall(message, 'getWeather');
    assert.equal(call.state, 'output-error');
    assert.deepStrictEqual(Object.keys(call.input), ['city']);
    assert.ok(call.errorText.length > 0);
  },
});
