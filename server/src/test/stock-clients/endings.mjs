import assert from 'node:assert/strict';
import { known, textOf } from '../clients/messages.mjs';
import { scenes } from './scenes.mjs';

const BROKE_OFF = 'The model broke off in the middle of the answer.';
const REFUSED = 'The model provider refused the request.';

/** How an answer ended is told by its stream, by what is stored, and by the stream of whoever asks again. */
export function journeys(bases, open, version) {
  const { begin, reload, assertAllSame, saying } = scenes(bases, open, version);

  /** The page, what is stored, and the answer as it is told again have ended in this way. */
  async function assertEnded(page, status, error) {
    const rest = error === undefined ? ['ready', undefined] : ['error', error];
    assert.deepStrictEqual([page.status, page.error], rest);
    const [question, answer] = page.messages;
    assertTold(answer, status, error);
    const stored = await page.user.load(page.chatId);
    assert.equal(stored.length, 2);
    assert.deepStrictEqual([stored[1].status, stored[1].error], [status, error], 'what is stored');
    assert.deepStrictEqual([stored[1].metadata.status, stored[1].metadata.error], [undefined, undefined]);
    assertAllSame(stored, page.messages, 'the chat');

    const loaded = await reload(page);
    await loaded.resumed();
    assert.deepStrictEqual(loaded.answers, ['GET 204']);
    assert.deepStrictEqual(loaded.messages, stored);

    const { user, chatId, bases: servers } = page;
    const asking = open({ user, chatId, bases: servers, messages: [question] });
    await asking.edit(question.id, textOf(question));
    assert.deepStrictEqual([asking.status, asking.error], rest, 'when it is told again');
    assertTold(asking.messages[1], status, error);
    assert.deepStrictEqual(known(asking.messages[1]), known(answer), 'the answer when it is told again');
    assert.equal((await user.load(chatId)).length, 2);
  }

  function assertTold({ metadata }, status, error) {
    assert.deepStrictEqual([metadata.status, metadata.error], [status, error], 'what the stream told');
  }

  return {
    async 'an answer that is whole is told from others'() {
      const page = open(await begin());
      await page.send('hello');
      await assertEnded(page, 'complete');
    },

    async 'an answer that was stopped is told from others'() {
      const page = open(await begin());
      const asked = page.send('hold on');
      await saying(page);
      await page.user.stop(page.chatId);
      await asked;
      await assertEnded(page, 'stopped');
    },

    async 'an answer that broke off is told from others, with the reason'() {
      const page = open(await begin());
      await page.send('break off');
      assert.equal(textOf(page.messages[1]), 'Half an ');
      await assertEnded(page, 'failed', BROKE_OFF);
    },

    async 'an answer that failed before its first word is told from others, with the reason'() {
      const page = open(await begin());
      await page.send('refuse me');
      await assertEnded(page, 'failed', REFUSED);
    },

    async 'a question whose answer failed is answered when it is tried again, and the next one too'() {
      const page = open(await begin());
      await page.send('break off');
      const [, failed] = page.messages;
      await page.regenerate();
      assert.notEqual(page.messages[1].id, failed.id);
      await page.send('two');
      assert.deepStrictEqual([page.status, page.error], ['ready', undefined]);
      assert.equal(textOf(page.messages[3]), 'You said: two');
    },
  };
}
