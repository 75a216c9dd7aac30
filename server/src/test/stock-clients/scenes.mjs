import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { until } from '../clients/cases.mjs';
import { assertSame, textOf } from '../clients/messages.mjs';
import { User } from './user.mjs';

/** The fields of a part that a version was sent and does not keep. */
const FORGOTTEN = {
  'ai-5.0.0': { reasoning: ['id'], 'dynamic-tool': ['providerExecuted'] },
  'ai-5': { 'dynamic-tool': ['providerExecuted'] },
  '@ai-sdk/react-2': { 'dynamic-tool': ['providerExecuted'] },
  'ai-6.0.0': { reasoning: ['id'] },
};

/**
 * What the journeys have in common: how a page is opened, and that it shows what is stored.
 *
 * @param bases the servers; with several, they answer the requests of a page in turn
 * @param open makes the page of a user's chat, of these messages, that resumes or does not
 * @param version the package of the client
 */
export function scenes(bases, open, version) {
  /** A user, a chat that does not exist yet, and the servers. */
  async function begin() {
    return { user: await User.guest(bases[0]), chatId: randomUUID(), bases };
  }

  /** A page on which these questions were asked and answered. */
  async function begun(...words) {
    const page = open(await begin());
    for (const question of words) {
      await page.send(question);
    }
    await assertShown(page);
    assert.equal(page.messages.length, 2 * words.length);
    return page;
  }

  /** The page as it is loaded anew: with what is stored, going on with what is being answered. */
  async function reload(page, options = {}) {
    page.close();
    const { user, chatId, bases } = page;
    return open({ ...options, user, chatId, bases, messages: await user.load(chatId), resume: true });
  }

  /** The page rests, and shows what the store holds, field by field, and it ended in these ways. */
  async function assertShown(page, statuses = ['complete'], rest = 'ready') {
    assert.deepStrictEqual([page.status, page.error], [rest, undefined], 'the status and the error');
    const stored = await page.user.load(page.chatId);
    assertAllSame(stored, page.messages, 'the chat');
    const found = new Set(stored.map(message => message.status));
    assert.deepStrictEqual([...found], statuses, 'the statuses of the messages');
  }

  function assertAllSame(stored, messages, what) {
    assert.deepStrictEqual(stored.map(message => message.id), messages.map(message => message.id), what);
    stored.forEach((message, i) => assertSame(kept(message), kept(messages[i]), `message ${i} of ${what}`));
  }

  function kept(message) {
    const forgotten = FORGOTTEN[version] ?? {};
    const parts = message.parts.map(part => {
      const fields = forgotten[part.type] ?? [];
      return Object.fromEntries(Object.entries(part).filter(([field]) => !fields.includes(field)));
    });
    return { ...message, parts };
  }

  /** In the place of the message the new one is shown, and the old one still there. */
  async function assertBranched(page, messageId, old, now) {
    const { user, chatId } = page;
    const siblings = await user.siblings(chatId, messageId);
    assertAllSame(siblings.map(sibling => sibling.message), [old, now], 'the siblings');
    assert.deepStrictEqual(siblings.map(({ branch, isShown }) => ({ branch, isShown })), [
      { branch: 0, isShown: false },
      { branch: 1, isShown: true },
    ]);
  }

  /** Waits until the page shows some text of an answer, another one than that of the id. */
  function saying(page, id) {
    return until(
      () => page.messages.at(-1),
      last => last?.role === 'assistant' && last.id !== id && textOf(last) !== '',
    );
  }

  return { begin, begun, reload, assertShown, assertAllSame, assertBranched, saying };
}
