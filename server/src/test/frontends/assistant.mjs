import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stored, visit } from './browsing.mjs';

const PLAIN = ['useAISDKRuntime({ ...chat, stop })', 'useAISDKRuntime(chat)'];

/** The files of a page with assistant-ui, of which the documents show one; and that one with its own "Cancel". */
export function assistant(files) {
  const page = readFileSync(join(import.meta.dirname, 'assistant-page.tsx'), 'utf8');
  const shown = files['assistant.tsx'];
  assert.ok(shown.includes(PLAIN[0]));
  return { 'assistant-page.tsx': page, 'assistant.tsx': shown, 'assistant-plain.tsx': shown.replace(...PLAIN) };
}

/** What one does in a browser with assistant-ui: whatever it is, the page shows what the store holds. */
export function journeys(browser, at) {
  function begin(...questions) {
    const chatId = randomUUID();
    return beginAt(chatId, at(chatId), questions);
  }

  async function beginAt(chatId, address, questions) {
    const { page } = await visit(browser, address);
    const chat = { page, chatId };
    for (const words of questions) {
      await send(chat, words);
      await answered(chat, words);
    }
    return chat;
  }

  async function send({ page }, words) {
    await page.fill('.composer textarea', words);
    await page.click('text="Send"');
  }

  function answered({ page }, words) {
    return page.waitForSelector(`.assistant >> text=/You said: ${words}$/`);
  }

  async function edit(chat, index, words) {
    const { page } = chat;
    await rested(chat);
    await page.click(`.user >> nth=${index} >> text="Edit"`);
    await page.fill('.edit textarea', words);
    await page.click('text="Save"');
  }

  function rested({ page }) {
    return page.waitForSelector('text="Send"');
  }

  function shown({ page }) {
    return page.$$eval('.user p, .assistant p', all => all.map(each => each.textContent));
  }

  /** The page shows these texts, and they are what is stored, with these statuses if they are not all complete. */
  async function assertShown(chat, texts, statuses = texts.map(() => 'complete')) {
    const { page, chatId } = chat;
    await rested(chat);
    assert.deepStrictEqual(await shown(chat), texts);
    const messages = await stored(page, chatId);
    const kept = messages.map(({ parts }) => parts.find(({ type }) => type === 'text').text);
    assert.deepStrictEqual(kept, texts);
    assert.deepStrictEqual(messages.map(({ status }) => status), statuses);
  }

  /** The chat has so many branches in the place of one of its messages. */
  async function assertBranches({ page, chatId }, index, count) {
    const { id } = (await stored(page, chatId))[index];
    const path = `/api/chats/${chatId}/messages/${id}/siblings`;
    const { siblings } = await page.evaluate(async where => (await fetch(where)).json(), path);
    assert.equal(siblings.length, count);
  }

  async function assertCancelled(chat) {
    await send(chat, 'hold on');
    await chat.page.waitForSelector('text="I begin. "');
    await chat.page.click('text="Cancel"');
    await send(chat, 'two');
    await answered(chat, 'two');
    const texts = ['one', 'You said: one', 'hold on', 'I begin. ', 'two', 'You said: two'];
    await assertShown(chat, texts, ['complete', 'complete', 'complete', 'stopped', 'complete', 'complete']);
  }

  return {
    async 'assistant-ui: questions are sent and answered, and there after a reload'() {
      const chat = await begin('one', 'two');
      const texts = ['one', 'You said: one', 'two', 'You said: two'];
      await assertShown(chat, texts);
      await chat.page.reload();
      await answered(chat, 'two');
      await assertShown(chat, texts);
      await send(chat, 'three');
      await answered(chat, 'three');
      await assertShown(chat, [...texts, 'three', 'You said: three']);
      await assertBranches(chat, 4, 1);
    },

    async 'assistant-ui: a message right behind "Cancel" is answered behind the stopped answer'() {
      await assertCancelled(await begin('one'));
    },

    async 'assistant-ui: so it is where "Cancel" only hangs up'() {
      const chatId = randomUUID();
      await assertCancelled(await beginAt(chatId, at(chatId, '?plain'), ['one']));
    },

    async 'assistant-ui: other words for the first message are a branch at the root'() {
      const chat = await begin('one', 'two');
      await edit(chat, 0, 'uno');
      await answered(chat, 'uno');
      await assertShown(chat, ['uno', 'You said: uno']);
      await assertBranches(chat, 0, 2);
      await send(chat, 'due');
      await answered(chat, 'due');
      await assertShown(chat, ['uno', 'You said: uno', 'due', 'You said: due']);
    },

    async 'assistant-ui: other words for a later message are a branch in its place'() {
      const chat = await begin('one', 'two');
      await edit(chat, 1, 'due');
      await answered(chat, 'due');
      await assertShown(chat, ['one', 'You said: one', 'due', 'You said: due']);
      await assertBranches(chat, 0, 1);
      await assertBranches(chat, 2, 2);
    },

    async 'assistant-ui: another answer is a branch in the place of the one before'() {
      const chat = await begin('one', 'two');
      const [, before] = await stored(chat.page, chat.chatId);
      await chat.page.click('.assistant >> nth=0 >> text="Again"');
      await chat.page.waitForFunction(() => document.querySelectorAll('.user').length === 1);
      await answered(chat, 'one');
      await assertShown(chat, ['one', 'You said: one']);
      const [, now] = await stored(chat.page, chat.chatId);
      assert.notEqual(now.id, before.id);
      await assertBranches(chat, 1, 2);
    },

    async 'assistant-ui: a page that is reloaded in the middle of an answer goes on reading it'() {
      const chat = await begin('one');
      await send(chat, 'slowly please');
      await chat.page.waitForSelector('.assistant >> nth=1 >> text=piece 1');
      await chat.page.reload();
      await answered(chat, 'slowly please');
      const [, , , answer] = await shown(chat);
      assert.match(answer, /^piece 1, piece 2, .*, piece 60, and the end\. You said: slowly please$/);
      await assertShown(chat, ['one', 'You said: one', 'slowly please', answer]);
    },
  };
}
