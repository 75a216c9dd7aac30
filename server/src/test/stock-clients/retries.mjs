import assert from 'node:assert/strict';
import { until } from '../clients/cases.mjs';
import { known, textOf } from '../clients/messages.mjs';
import { scenes } from './scenes.mjs';

const WAYS = ['network', 409, 429, 503];

/**
 * A message whose sending failed stays on the page, and the page's "try again" is the stock `regenerate()`: it is
 * stored and answered once, and nothing else is answered.
 */
export function journeys(bases, open, version) {
  const { begin, begun, assertShown, assertAllSame, assertBranched } = scenes(bases, open, version);

  /** Sends, and is told that it failed; the message is shown and, unless it arrived, not stored. */
  async function failing(page, way, act) {
    page.fail(way);
    const before = await page.user.count(page.chatId);
    await act();
    assert.equal(page.status, 'error');
    assert.notEqual(page.error, undefined);
    assert.equal(page.messages.at(-1).role, 'user', 'what the page shows last');
    assert.equal(await page.user.count(page.chatId), way === 'deaf' ? before + 2 : before, 'what is stored');
  }

  function assertAnswered(message, words) {
    assert.ok(textOf(message).endsWith(`You said: ${words}`), textOf(message));
  }

  /** So many free messages were taken. */
  async function assertUsed(page, count) {
    assert.equal(await page.user.used(), count, 'free messages taken');
  }

  /** The question is stored once, with one answer. */
  async function assertOnce(page, messageId) {
    assert.equal((await page.user.siblings(page.chatId, messageId)).length, 1, `siblings of ${messageId}`);
  }

  const sends = WAYS.map(way => [
    `a question that failed with ${way} and is tried again is stored and answered once`,
    async () => {
      const page = await begun('one');
      const before = page.messages;
      await failing(page, way, () => page.send('two'));
      await page.regenerate();
      await assertShown(page);
      assertAllSame(page.messages.slice(0, 2), before, 'the turn before');
      assertAnswered(page.messages[3], 'two');
      assert.equal(page.messages.length, 4);
      await assertOnce(page, before[1].id);
      await assertOnce(page, page.messages[3].id);
      await assertUsed(page, 2);
    },
  ]);

  const firsts = WAYS.map(way => [
    `the first question of a chat that failed with ${way} and is tried again makes the chat`,
    async () => {
      const page = open(await begin());
      await failing(page, way, () => page.send('one'));
      await page.regenerate();
      await assertShown(page);
      assert.equal(page.messages.length, 2);
      assertAnswered(page.messages[1], 'one');
      await page.send('two');
      await assertShown(page);
      await assertUsed(page, 2);
    },
  ]);

  const named = WAYS.map(way => [
    `a question that failed with ${way} and is named when it is tried again is sent`,
    async () => {
      const page = await begun('one');
      await failing(page, way, () => page.send('two'));
      await page.regenerate(page.messages.at(-1).id);
      await assertShown(page);
      assert.equal(page.messages.length, 4);
      assertAnswered(page.messages[3], 'two');
      await assertUsed(page, 2);
    },
  ]);

  const edits = WAYS.map(way => [
    `an edit that failed with ${way} and is tried again is that edit`,
    async () => {
      const page = await begun('one', 'two');
      const old = page.messages;
      await failing(page, way, () => page.edit(old[0].id, 'one in other words'));
      await page.regenerate();
      await assertShown(page);
      const [question, answer, ...more] = page.messages;
      assert.deepStrictEqual(more, []);
      assert.equal(question.id, old[0].id);
      assertAnswered(answer, 'one in other words');
      await assertBranched(page, question.id, old[0], question);
      await assertUsed(page, 3);
    },
  ]);

  return {
    ...Object.fromEntries([...sends, ...firsts, ...named, ...edits]),

    async 'a question that fails twice and is tried again twice is stored and answered once'() {
      const page = await begun('one');
      await failing(page, 503, () => page.send('two'));
      await failing(page, 'network', () => page.regenerate());
      await page.regenerate();
      await assertShown(page);
      assertAnswered(page.messages[3], 'two');
      await assertUsed(page, 2);
    },

    async 'questions that failed, and one that did not, are stored in the order the page shows'() {
      const page = await begun('one');
      await failing(page, 'network', () => page.send('two'));
      await failing(page, 503, () => page.send('three'));
      await page.send('four');
      await assertShown(page);
      const texts = page.messages.map(message => textOf(message));
      assert.deepStrictEqual(texts, ['one', 'You said: one', 'two', 'three', 'four', 'You said: four']);
      await assertUsed(page, 2);
    },

    async 'a question that was tried again has another answer when one asks for it'() {
      const page = await begun('one');
      await failing(page, 'network', () => page.send('two'));
      await page.regenerate();
      const [, , , first] = page.messages;
      await page.regenerate();
      await assertShown(page);
      assert.equal(page.messages.length, 4);
      await assertBranched(page, page.messages[3].id, first, page.messages[3]);
      await assertUsed(page, 3);
    },

    async 'a question that was refused while another client was answered is sent when it is tried again'() {
      const whose = await begin();
      const asked = open(whose).send('hold it');
      await until(
        () => whose.user.count(whose.chatId),
        count => count === 2,
      );
      const page = open(whose);
      await page.send('two');
      assert.deepStrictEqual([page.status, page.answers], ['error', ['POST 409']]);
      await whose.user.stop(whose.chatId);
      await asked;
      await page.regenerate();
      assert.deepStrictEqual([page.status, page.error], ['ready', undefined]);
      assertAnswered(page.messages[1], 'two');
      const stored = await whose.user.load(whose.chatId);
      assert.deepStrictEqual(stored.map(({ status }) => status), ['complete', 'stopped', 'complete', 'complete']);
      assertAllSame(stored.slice(2), page.messages, 'the turn of the page');
      await assertUsed(page, 2);
    },

    async 'a question that arrives late, while its repetition is answered, is the same turn'() {
      const page = await begun('one');
      await failing(page, 'network', () => page.send('slowly two'));
      const again = page.regenerate();
      await until(
        () => page.messages.at(-1),
        last => last.role === 'assistant',
      );
      await assertJoined(page, page.deliver(page.lost[0]), again);
    },

    async 'a question that arrives late, after its repetition was answered, is the same turn'() {
      const page = await begun('one');
      await failing(page, 'network', () => page.send('two'));
      await page.regenerate();
      await assertJoined(page, page.deliver(page.lost[0]));
    },

    async 'a question whose answer was lost on its way is the same turn when it is tried again'() {
      const page = await begun('one');
      await failing(page, 'deaf', () => page.send('slowly two'));
      await page.regenerate();
      await assertShown(page);
      assert.equal(page.messages.length, 4);
      assertAnswered(page.messages[3], 'slowly two');
      await assertUsed(page, 2);
    },
  };

  /** The late request was told the answer that the page shows, and nothing was stored or taken for it. */
  async function assertJoined(page, late, again) {
    const { status, text } = await late;
    await again;
    assert.equal(status, 200, text);
    assert.ok(text.includes(`"messageId":"${page.messages[3].id}"`), text);
    await assertShown(page);
    assert.equal(page.messages.length, 4);
    assertAnswered(page.messages[3], known(page.messages[2]).parts[0].text);
    await assertOnce(page, page.messages[3].id);
    await assertUsed(page, 2);
  }
}
