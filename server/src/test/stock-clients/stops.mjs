import assert from 'node:assert/strict';
import { until } from '../clients/cases.mjs';
import { textOf } from '../clients/messages.mjs';
import { scenes } from './scenes.mjs';

/** The stock `stop()` only hangs up; what is sent next stops the answer, and goes on behind what was said of it. */
export function journeys(bases, open, version) {
  const { begin, begun, reload, assertShown, assertAllSame, saying } = scenes(bases, open, version);

  /** Waits until so many messages of the chat are stored. */
  function stored({ user, chatId }, count) {
    return until(
      () => user.count(chatId),
      found => found === count,
    );
  }

  /** What the chat holds ended in these ways, in their order. */
  async function assertStatuses(page, ...statuses) {
    const messages = await page.user.load(page.chatId);
    assert.deepStrictEqual(messages.map(message => message.status), statuses);
    return messages;
  }

  /** All that the page shows is stored in its order, and of the stopped answer what it shows and perhaps more. */
  async function assertKept(page, ...statuses) {
    assert.deepStrictEqual([page.status, page.error], ['ready', undefined], 'the status and the error');
    const messages = await assertStatuses(page, ...statuses);
    assert.deepStrictEqual(page.messages.map(({ id }) => id), messages.map(({ id }) => id));
    messages.forEach((message, i) => {
      if (message.status === 'stopped') {
        const [whole, partial] = [textOf(message), textOf(page.messages[i])];
        assert.ok(whole.startsWith(partial), `"${whole}" begins with "${partial}"`);
      } else {
        assertAllSame([message], [page.messages[i]], `message ${i}`);
      }
    });
  }

  function isWhole({ status }) {
    return status === 'complete';
  }

  const queue = {
    async 'a queued message that is sent now stops the answer before it'() {
      const page = open({ ...(await begin()), experimental_queue: true });
      const first = page.send('hold on');
      await saying(page);
      const second = page.send('two');
      const third = page.send('three');
      await until(
        () => page.queued,
        queued => queued.length === 2,
      );
      await Promise.all([page.sendNow(page.queued[0].id), first, second, third]);
      await until(
        () => page.messages,
        messages => messages.length === 6 && page.status === 'ready',
      );
      await assertKept(page, 'complete', 'stopped', 'complete', 'complete', 'complete', 'complete');
      assert.equal(textOf(page.messages[3]), 'You said: two');
      assert.equal(textOf(page.messages[5]), 'You said: three');
    },
  };

  return {
    async 'a question sent right after a stop in mid-answer is answered behind it'() {
      const page = await begun('one');
      const asked = page.send('hold on');
      await saying(page, page.messages[1].id);
      await page.hangUp();
      await page.send('two');
      await asked;
      await assertKept(page, 'complete', 'complete', 'complete', 'stopped', 'complete', 'complete');
      assert.equal(textOf(page.messages[3]), 'I begin. ');
      assert.equal(textOf(page.messages[5]), 'You said: two');
      assert.equal(await page.user.used(), 3, 'free messages taken');
      const again = await reload(page);
      await again.send('three');
      await assertShown(again, ['complete', 'stopped']);
    },

    ...Object.fromEntries(
      ['wait for me', 'hold on'].map(words => [
        `a question sent right after a stop before "${words}" got a chunk is answered`,
        async () => {
          const page = open(await begin());
          page.fail('silent');
          const asked = page.send(words);
          await stored(page, 2);
          await page.hangUp();
          await page.send('two');
          await asked;
          assert.deepStrictEqual([page.status, page.error], ['ready', undefined], 'the status and the error');
          assert.equal(textOf(page.messages[2]), 'You said: two');
          const messages = await page.user.load(page.chatId);
          assertAllSame(messages.filter(isWhole), page.messages, 'what the page shows');
          const beside = await page.user.siblings(page.chatId, page.messages[1].id);
          const stopped = [...messages, ...beside.map(({ message }) => message)].filter(message => !isWhole(message));
          assert.deepStrictEqual(stopped.map(({ status }) => status), ['stopped'], 'the answer that nobody saw');
        },
      ]),
    ),

    async 'three questions, each sent right after a stop, are kept in their order'() {
      const page = open(await begin());
      for (const words of ['hold on', 'hold on again', 'hold on once more']) {
        const before = page.messages.at(-1)?.id;
        const asked = page.send(words);
        await saying(page, before);
        await page.hangUp();
        await asked; // 5.0.0 and 6.0.0 mix up the answers of two requests that have not ended.
      }
      await page.send('done');
      const turns = ['complete', 'stopped'];
      await assertKept(page, ...turns, ...turns, ...turns, 'complete', 'complete');
    },

    async 'an edit sent right after a stop is answered, and the stopped answer kept'() {
      const page = open(await begin());
      const asked = page.send('hold on');
      await saying(page);
      const [{ id }, partial] = page.messages;
      await page.hangUp();
      await page.edit(id, 'in other words');
      await asked;
      assert.deepStrictEqual([page.status, page.error], ['ready', undefined]);
      assert.equal(textOf(page.messages[1]), 'You said: in other words');
      await page.user.show(page.chatId, 0);
      const [, old] = await page.user.load(page.chatId);
      assert.equal(old.id, partial.id);
    },

    async 'two tabs that send at once still conflict, and neither stops the other'() {
      const one = await begin();
      const first = open(one);
      const asked = first.send('hold on');
      await saying(first);
      const second = open(one);
      await second.send('two');
      assert.deepStrictEqual([second.status, second.answers], ['error', ['POST 409']]);
      const [, running] = await assertStatuses(first, 'complete', 'streaming');
      assert.equal(running.id, first.messages[1].id);
      await first.user.stop(first.chatId);
      await asked;
      await assertShown(first, ['complete', 'stopped']);
    },

    async 'a tab that has not seen the newest question does not stop its answer'() {
      const page = await begun('one');
      const { user, chatId, bases: servers } = page;
      const other = open({ user, chatId, bases: servers, messages: await user.load(chatId) });
      const asked = page.send('hold on');
      await saying(page, page.messages[1].id);
      await other.send('beside it');
      assert.equal(textOf(other.messages.at(-1)), 'You said: beside it');
      const running = await user.message(chatId, page.messages[3].id);
      assert.equal(running.status, 'streaming');
      await user.stop(chatId, page.messages[3].id);
      await asked;
    },

    async 'a message that is to be refused where something is written is refused, and sent when it is tried again'() {
      const page = open(await begin());
      const asked = page.send('hold on');
      await saying(page);
      await page.hangUp();
      await page.send('two', { ifRunning: 'refuse' });
      assert.deepStrictEqual([page.status, page.answers], ['error', ['POST 200', 'POST 409']]);
      await assertStatuses(page, 'complete', 'streaming');
      await asked;
      await page.regenerate();
      await assertKept(page, 'complete', 'stopped', 'complete', 'complete');
    },

    async 'a message that is to stop what is written stops it, whoever asked for that'() {
      const one = await begin();
      const first = open(one);
      const asked = first.send('hold on');
      await saying(first);
      const second = open(one);
      await second.send('two', { ifRunning: 'stop' });
      await asked;
      assert.deepStrictEqual([second.status, second.error], ['ready', undefined]);
      assert.equal(textOf(second.messages[1]), 'You said: two');
      const messages = await assertStatuses(first, 'complete', 'stopped', 'complete', 'complete');
      assertAllSame(messages, [...first.messages, ...second.messages], 'the chat');
    },

    ...(version === 'ai-7' ? queue : {}),
  };
}
