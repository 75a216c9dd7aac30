import assert from 'node:assert/strict';
import { textOf, types } from '../clients/messages.mjs';
import { scenes } from './scenes.mjs';

// The demo model repeats what it is asked, word by word: here for some three seconds, time enough to reload.
const SLOW = 'so '.repeat(160).trim();
const LONG = 'Tell me a very long story.';

/** The status when there was nothing to resume: 5.0.0 keeps that of its request until it asks again. */
const IDLE = { 'ai-5.0.0': 'submitted' };

/**
 * What one does with a chat, as cases: whatever is done, the client shows in the end what the store holds.
 *
 * @param bases the servers
 * @param open makes the page of a user's chat, of these messages, that resumes or does not
 * @param version the package of the client
 */
export function journeys(bases, open, version) {
  const { begin, begun, reload, assertShown, assertAllSame, assertBranched, saying } = scenes(bases, open, version);

  /** The old line is as it was, and shown again when one asks for it; and so is the new one. */
  async function assertOldLine(page, messages) {
    const { user, chatId } = page;
    const shown = page.messages;
    await user.show(chatId, 0);
    const back = await reload(page);
    await back.resumed();
    assertAllSame(await user.load(chatId), messages, 'the old line');
    assertAllSame(back.messages, messages, 'the old line as it is loaded');
    await user.show(chatId, 1);
    assertAllSame(await user.load(chatId), shown, 'the new line');
  }

  /** As a page is loaded in mid-answer: the answer is there, with nothing in it. */
  function assertEmpty(page) {
    const last = page.messages.at(-1);
    assert.deepStrictEqual([last.role, last.status, last.parts], ['assistant', 'streaming', []]);
  }

  function assertWhole(message) {
    assert.deepStrictEqual(types(message), ['step-start', 'reasoning', 'dynamic-tool', 'text']);
    assert.match(textOf(message), /^## This is the demo model\n[^]*```\n$/);
    assert.equal(message.metadata.finishReason, 'stop');
  }

  return {
    async 'questions and answers are stored as they are shown'() {
      const page = await begun('the first question', 'and a second one');
      const [first, , second] = page.messages;
      assert.deepStrictEqual([textOf(first), textOf(second)], ['the first question', 'and a second one']);
      page.messages.filter(message => message.role === 'assistant').forEach(assertWhole);
      assert.deepStrictEqual(page.answers, ['POST 200', 'POST 200']);
    },

    async 'an edited question goes on along a new branch'() {
      const page = await begun('one', 'two');
      const old = page.messages;
      await page.edit(old[0].id, 'one in other words');
      await assertShown(page);
      const [question, answer, ...more] = page.messages;
      assert.deepStrictEqual(more, []);
      assert.equal(question.id, old[0].id);
      assert.equal(textOf(question), 'one in other words');
      assert.notEqual(answer.id, old[1].id);
      await assertBranched(page, question.id, old[0], question);
      await assertOldLine(page, old);
    },

    async 'another answer to the last question goes on along a new branch'() {
      const page = await begun('one', 'two');
      const old = page.messages;
      await page.regenerate();
      await assertShown(page);
      assertAllSame(page.messages.slice(0, 3), old.slice(0, 3), 'what was said before');
      const answer = page.messages[3];
      assert.notEqual(answer.id, old[3].id);
      await assertBranched(page, answer.id, old[3], answer);
      await assertOldLine(page, old);
    },

    async 'another answer to an earlier question goes on along a new branch'() {
      const page = await begun('one', 'two');
      const old = page.messages;
      await page.regenerate(old[1].id);
      await assertShown(page);
      const [question, answer, ...more] = page.messages;
      assert.deepStrictEqual(more, []);
      assertAllSame([question], [old[0]], 'the question');
      assert.notEqual(answer.id, old[1].id);
      await assertBranched(page, answer.id, old[1], answer);
      await assertOldLine(page, old);
    },

    async 'a chat goes on behind an answer that the page stopped'() {
      const page = open(await begin());
      const asked = page.send(LONG);
      await saying(page);
      const { stopped, status, messageId } = await page.stop();
      await asked;
      assert.deepStrictEqual([stopped, status], [true, 'stopped']);
      assert.deepStrictEqual([page.status, page.error], ['ready', undefined], 'the status and the error');

      const [question, partial] = page.messages;
      const stored = await page.user.load(page.chatId);
      assertAllSame([stored[0]], [question], 'the question');
      assert.deepStrictEqual([stored.length, stored[1].id, partial.id], [2, messageId, messageId]);
      assert.equal(stored[1].status, 'stopped');
      assert.ok(textOf(stored[1]).startsWith(textOf(partial)), `${textOf(stored[1])} begins like ${textOf(partial)}`);
      assert.ok(!textOf(stored[1]).includes('paragraph 60'), 'the whole story was told');
      assert.equal(stored[1].parts.at(-1).state, 'done');
      assert.deepStrictEqual(await page.user.stop(page.chatId), { stopped: false });

      await page.send('something shorter');
      const loaded = await page.user.load(page.chatId);
      assert.equal(loaded.length, 4);
      assertAllSame(loaded.slice(2), page.messages.slice(2), 'the next turn');
      assert.deepStrictEqual(loaded.slice(0, 2), stored);
      const again = await reload(page);
      await again.send('and another one');
      await assertShown(again, ['complete', 'stopped']);
      assert.equal(again.messages.length, 6);
    },

    async 'an answer stopped elsewhere ends on every page as it is stored'() {
      const page = open(await begin());
      const asked = page.send(LONG);
      await saying(page);
      const { user, chatId } = page;
      const other = open({ user, chatId, messages: await user.load(chatId), resume: true });
      await saying(other);
      const { messageId } = await user.stop(chatId);
      await Promise.all([asked, other.resumed()]);
      await assertShown(page, ['complete', 'stopped']);
      await assertShown(other, ['complete', 'stopped']);
      assert.equal(page.messages[1].id, messageId);
      assert.ok(textOf(page.messages[1]).length > 0);
    },

    async 'a page reloaded in mid-answer ends with the whole answer'() {
      const page = open(await begin());
      page.send(SLOW);
      const partial = await saying(page);
      const again = await reload(page);
      assertEmpty(again);
      await again.resumed();
      await assertShown(again);
      assert.equal(again.messages.length, 2);
      assert.equal(again.messages[1].id, partial.id);
      assertWhole(again.messages[1]);
      assert.deepStrictEqual(again.answers, ['GET 200']);

      await again.send('and what now?');
      await assertShown(again);
      assert.equal(again.messages.length, 4);
    },

    async 'a page reloaded while it gets another answer than one it stopped ends with that one'() {
      const page = open(await begin());
      const asked = page.send(SLOW);
      const { id } = await saying(page);
      await page.stop();
      await asked;
      const [question, stopped] = await page.user.load(page.chatId);
      assert.equal(stopped.status, 'stopped');

      page.regenerate();
      await saying(page, id);
      const again = await reload(page);
      assertEmpty(again);
      await again.resumed();
      await assertShown(again);
      assertAllSame([again.messages[0]], [question], 'the question');
      assertWhole(again.messages[1]);
      await assertBranched(again, again.messages[1].id, stopped, again.messages[1]);
    },

    async 'a page opened while another client is answered ends with the whole answer'() {
      const { user, chatId } = await begin();
      await user.askAndHangUp(chatId, SLOW);
      const page = open({ user, chatId, messages: await user.load(chatId), resume: true });
      assertEmpty(page);
      await page.resumed();
      await assertShown(page);
      assertWhole(page.messages[1]);
      assert.deepStrictEqual(page.answers, ['GET 200']);
    },

    async 'a page that has nothing to resume rests, and can ask'() {
      const page = open({ ...(await begin()), resume: true });
      await page.resumed();
      assert.deepStrictEqual([page.status, page.error, page.messages], [IDLE[version] ?? 'ready', undefined, []]);
      await page.send('hello');
      await assertShown(page);

      const again = await reload(page);
      await again.resumed();
      assert.deepStrictEqual(again.answers, ['GET 204']);
      await assertShown(again, ['complete'], IDLE[version]);
      await again.send('hello again');
      await assertShown(again);
      assert.equal(again.messages.length, 4);
    },
  };
}
