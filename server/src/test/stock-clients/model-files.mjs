// A file that a model made, as one version of `ai` reads it: the server's model answers with a picture between texts.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { args, run } from '../clients/cases.mjs';
import { assertSame, text, types } from '../clients/messages.mjs';
import { User } from './user.mjs';

const [version, base] = args('package', 'base URL of the server');
const { DefaultChatTransport, readUIMessageStream } = await import(version);

/** Sends a question and gives the message that the client makes of the answer; it must have nothing to complain of. */
async function ask(user, chatId, question) {
  const stream = await new DefaultChatTransport(user.transport).sendMessages({
    chatId,
    messages: [question],
    trigger: 'submit-message',
  });
  const errors = [];
  let message;
  for await (const next of readUIMessageStream({ stream, onError: error => errors.push(error) })) {
    message = next;
  }
  assert.deepStrictEqual(errors, [], 'errors the client reported');
  return message;
}

await run({
  'a picture of the model is read as it is stored, also when it is told again': async () => {
    const user = await User.guest(base);
    const chatId = randomUUID();
    const question = { id: randomUUID(), role: 'user', parts: [text('Draw a cat')] };
    const message = await ask(user, chatId, question);
    assert.deepStrictEqual(types(message), ['step-start', 'text', 'file', 'text']);
    assert.equal(message.parts[2].mediaType, 'image/png');
    assert.match(message.parts[2].url, /^data:image\/png;base64,iVBOR/);
    const [, stored] = await user.load(chatId);
    assertSame(stored, message, 'the answer');
    assertSame(stored, await ask(user, chatId, question), 'the answer that is told again');
  },
});
