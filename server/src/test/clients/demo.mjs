// The unmodified `ai` client against a server that answers with the built-in demo model.

import assert from 'node:assert/strict';
import { APICallError, convertToModelMessages, generateId, validateUIMessages } from 'ai';
import { Client, assertSame, assertWhole, known, textOf, types, userMessage } from './client.mjs';
import { args, run, until } from './cases.mjs';

const [base] = args('base URL of the server');

await run({
  async 'the message a client reads is the message that is stored'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const question = {
      ...userMessage(
        'Grüße an 東京 👩‍🚀, what is this?',
        { type: 'file', mediaType: 'text/plain', url: 'data:text/plain;base64,aGk=', filename: 'hi.txt' },
        { type: 'data-place', id: 'p1', data: { lat: 35.68, tags: ['a', null, true], empty: {} } },
      ),
      metadata: { sentFrom: 'a test', at: 1.5 },
    };
    const answer = await client.ask(chatId, [question]);

    assertWhole(answer, chatId);
    assert.deepStrictEqual(types(answer.message), ['step-start', 'reasoning', 'dynamic-tool', 'text']);
    const tool = answer.message.parts[2];
    assert.equal(tool.state, 'output-available');
    assert.equal(tool.toolName, 'count_words');
    assert.deepStrictEqual(Object.keys(tool.output).sort(), ['characters', 'words']);
    assert.match(textOf(answer.message), /^## This is the demo model\n\nIt runs \*\*offline\*\*[^]*```\n$/);
    const { modelId, tokens, finishReason, streamDuration } = answer.message.metadata;
    assert.equal(modelId, 'demo');
    assert.equal(finishReason, 'stop');
    assert.equal(tokens.total, tokens.input + tokens.output);
    assert.ok(streamDuration > 0, `streamDuration ${streamDuration}`);

    const [storedQuestion, storedAnswer, ...more] = await client.stored(chatId);
    assert.deepStrictEqual(more, []);
    assertSame(storedQuestion, question, 'the question');
    assertSame(storedAnswer, answer.message, 'the answer');
    assert.equal(storedQuestion.status, 'complete');
    assert.equal(storedAnswer.status, 'complete');
  },

  async 'an answer arrives while it is written, not at its end'() {
    const client = await Client.guest(base);
    const answer = await client.ask(generateId(), [userMessage('hello')]);
    const deltas = answer.chunks.filter(chunk => chunk.type === 'text-delta');
    assert.ok(deltas.length > 50, `${deltas.length} deltas of text`);
    const first = answer.chunks.findIndex(chunk => chunk.type.endsWith('-delta'));
    const lead = answer.times.at(-1) - answer.times[first];
    assert.ok(lead > 1000, `the first delta came ${lead} ms before the end`);
  },

  async 'a second turn with the whole history goes on in the same chat'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const messages = [];
    for (const words of ['first question', 'and a second one']) {
      messages.push(userMessage(words));
      const answer = await client.ask(chatId, messages);
      assertWhole(answer, chatId);
      messages.push(answer.message);
    }
    const stored = await client.stored(chatId);
    assert.equal(stored.length, 4);
    stored.forEach((message, i) => assertSame(message, messages[i], `message ${i}`));
    assert.equal(new Set(stored.map(message => message.id)).size, 4);

    const loaded = await validateUIMessages({ messages: stored });
    const roles = (await convertToModelMessages(loaded)).map(message => message.role);
    assert.equal(roles.filter(role => role === 'user').length, 2, `roles for a model: ${roles}`);
  },

  async 'a history that a client has rewritten changes nothing in the store'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const question = userMessage('what was said stays said');
    const first = await client.ask(chatId, [question]);
    const forged = { ...first.message, parts: [{ type: 'text', text: 'forged', state: 'done' }] };
    const second = await client.ask(chatId, [userMessage('never asked'), forged, userMessage('next')]);
    assertWhole(second, chatId);
    const stored = await client.stored(chatId);
    assert.equal(stored.length, 4);
    assertSame(stored[0], question, 'the first question');
    assertSame(stored[1], first.message, 'the first answer');
    assertSame(stored[3], second.message, 'the second answer');
  },

  async 'a body with one message is answered like one with the history'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const transport = {
      prepareSendMessagesRequest: ({ id, messages, trigger, messageId }) => ({
        body: { id, message: messages.at(-1), trigger, messageId },
      }),
    };
    const messages = [];
    for (const words of ['only this message', 'and now only that one']) {
      messages.push(userMessage(words));
      const answer = await client.ask(chatId, messages, { transport });
      assertWhole(answer, chatId);
      messages.push(answer.message);
    }
    const stored = await client.stored(chatId);
    assert.equal(stored.length, 4);
    stored.forEach((message, i) => assertSame(message, messages[i], `message ${i}`));
  },

  async 'an answer whose reader has gone is written to its end'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const gone = new AbortController();
    let deltas = 0;
    const answer = await client.ask(chatId, [userMessage('hello and good-bye')], {
      abortSignal: gone.signal,
      onChunk: chunk => {
        deltas += chunk.type === 'text-delta' ? 1 : 0;
        if (deltas === 5) {
          gone.abort();
        }
      },
    });
    assert.deepStrictEqual(answer.errors.map(error => error.name), ['AbortError']);
    const partial = textOf(answer.message);
    assert.ok(partial.length > 0, 'the reader had some of the text');

    const [, during] = await client.stored(chatId);
    assert.equal(during.status, 'streaming');
    assert.deepStrictEqual(during.parts, []);
    assert.equal(during.id, answer.message.id);

    const [, stored] = await until(() => client.stored(chatId), messages => messages[1].status !== 'streaming');
    assert.equal(stored.status, 'complete');
    assert.equal(stored.id, answer.message.id);
    assert.equal(stored.metadata.finishReason, 'stop');
    assert.ok(textOf(stored).startsWith(partial) && textOf(stored).length > partial.length + 100, textOf(stored));
  },

  async 'the same message sent again while it is answered is the same answer'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const question = userMessage('asked twice at once');
    let again;
    const first = await client.ask(chatId, [question], {
      onChunk: chunk => {
        if (chunk.type === 'text-delta') {
          again ??= client.ask(chatId, [question]);
        }
      },
    });
    const second = await again;
    assertWhole(first, chatId);
    assertWhole(second, chatId);
    assert.deepStrictEqual(known(second.message), known(first.message));
    const stored = await client.stored(chatId);
    assert.equal(stored.length, 2);
    assertSame(stored[1], first.message, 'the answer');
  },

  async 'the same message sent again after its answer is the same answer'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    const question = userMessage('asked twice');
    const first = await client.ask(chatId, [question]);
    const before = await client.stored(chatId);
    const second = await client.ask(chatId, [question]);
    assertWhole(second, chatId);
    assert.deepStrictEqual(known(second.message), known(first.message));
    assert.deepStrictEqual(await client.stored(chatId), before);
    assert.equal(before.length, 2);
  },

  async 'a second question while the first is being answered is refused and not stored'() {
    const client = await Client.guest(base);
    const chatId = generateId();
    let refusal;
    const first = await client.ask(chatId, [userMessage('first come')], {
      onChunk: chunk => {
        if (chunk.type === 'start-step') {
          refusal = client.ask(chatId, [userMessage('too early')]).then(
            () => assert.fail('the second question was answered'),
            error => error,
          );
        }
      },
    });
    const error = await refusal;
    assert.ok(APICallError.isInstance(error), `${error}`);
    assert.equal(error.statusCode, 409);
    assert.equal(JSON.parse(error.responseBody).code, 'run_active');
    assertWhole(first, chatId);
    assert.equal((await client.stored(chatId)).length, 2);
  },
});
