import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { until } from '../clients/cases.mjs';

const BROKE_OFF = 'The model broke off in the middle of the answer.';

/** A page in a browser of its own: with its own cookies. */
export async function visit(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const errors = [];
  page.on('pageerror', error => errors.push(error));
  await page.goto(address);
  return { context, page, errors };
}

/** What the store holds of a chat, as the page itself is told. */
export async function stored(page, chatId) {
  const chat = await page.evaluate(async path => (await fetch(path)).json(), `/api/chats/${chatId}?last=100`);
  assert.equal(chat.success, true, JSON.stringify(chat));
  return chat.messages;
}

/**
 * What one does in a browser with the component of the documents.
 *
 * @param at the address of a chat's page
 * @param enter signs in where the page does not do that by itself
 */
export function journeys(browser, at, enter = () => {}) {
  async function begin() {
    const chatId = randomUUID();
    const { context, page, errors } = await visit(browser, at(chatId));
    await enter(page);
    await page.waitForSelector('[name=text]');
    return { context, page, errors, chatId };
  }

  async function send(page, words) {
    await page.fill('[name=text]', words);
    await page.click('text=Send');
  }

  /** Loads the page anew, until its scripts run: they ask whether there is something to go on reading. */
  function reload(page) {
    return Promise.all([page.waitForResponse(/\/stream$/), page.reload()]);
  }

  function answered(page, words) {
    return page.waitForSelector(`article.assistant >> text=/You said: ${words}$/`);
  }

  function shown(page) {
    return page.$$eval('article p', all => all.map(each => each.textContent));
  }

  async function assertStored(page, chatId, ...statuses) {
    const messages = await until(
      () => stored(page, chatId),
      all => all.every(({ status }) => status !== 'streaming'),
    );
    assert.deepStrictEqual(messages.map(({ status }) => status), statuses);
    const texts = messages.map(({ parts }) => parts.find(({ type }) => type === 'text')?.text);
    assert.deepStrictEqual(texts.filter(text => text !== undefined), await shown(page));
  }

  return {
    async 'a guest signs in by a cookie, and finds the chat after a reload'() {
      const { context, page, errors, chatId } = await begin();
      await send(page, 'hello');
      await answered(page, 'hello');
      const [cookie, ...more] = await context.cookies();
      assert.deepStrictEqual(more, []);
      assert.match(cookie.name, /chatkeep_session$/);
      assert.deepStrictEqual([cookie.path, cookie.httpOnly, cookie.sameSite], ['/', true, 'Lax']);
      await reload(page);
      await answered(page, 'hello');
      await assertStored(page, chatId, 'complete', 'complete');
      await send(page, 'hello again');
      await answered(page, 'hello again');
      await assertStored(page, chatId, 'complete', 'complete', 'complete', 'complete');
      assert.deepStrictEqual(errors, []);
    },

    async 'an answer is shown while it is written'() {
      const { page } = await begin();
      await page.evaluate(() => {
        window.seen = new Set();
        new MutationObserver(() => {
          window.seen.add(document.querySelector('article.assistant p')?.textContent);
        }).observe(document, { subtree: true, childList: true, characterData: true });
      });
      await send(page, 'slowly please');
      await answered(page, 'slowly please');
      const seen = await page.evaluate(() => window.seen.size);
      assert.ok(seen > 5, `${seen} different texts`);
    },

    async 'a page that is reloaded in the middle of an answer goes on reading it'() {
      const { page, chatId } = await begin();
      await send(page, 'slowly please');
      await page.waitForSelector('article.assistant >> text=piece 1');
      await reload(page);
      await answered(page, 'slowly please');
      await assertStored(page, chatId, 'complete', 'complete');
    },

    async 'an answer that ends while its page is loaded is shown'() {
      const { page, chatId } = await begin();
      await send(page, 'slowly please');
      await page.waitForSelector('article.assistant >> text=piece 1');
      await page.route('**/stream', async route => {
        await until(
          () => stored(page, chatId),
          messages => messages[1].status === 'complete',
        );
        await route.continue();
      });
      const [asked] = await reload(page);
      assert.equal(asked.status(), 204);
      await answered(page, 'slowly please');
      await assertStored(page, chatId, 'complete', 'complete');
    },

    async 'an answer is stopped, and told so after a reload'() {
      const { page, chatId } = await begin();
      await send(page, 'hold on');
      await page.waitForSelector('text="I begin. "');
      await page.click('text=Stop');
      await page.waitForSelector('small >> text="stopped"');
      await reload(page);
      await page.waitForSelector('small >> text="stopped"');
      await send(page, 'two');
      await answered(page, 'two');
      await assertStored(page, chatId, 'complete', 'stopped', 'complete', 'complete');
    },

    async 'a message that is sent in the middle of an answer stops it and is answered'() {
      const { page, chatId } = await begin();
      await send(page, 'hold on');
      await page.waitForSelector('text="I begin. "');
      await send(page, 'two');
      await answered(page, 'two');
      await assertStored(page, chatId, 'complete', 'stopped', 'complete', 'complete');
    },

    async 'an answer that failed says why, and after a reload too, and is tried again'() {
      const { page, chatId } = await begin();
      await send(page, 'break off');
      await page.waitForSelector(`main [role=alert] >> text="${BROKE_OFF}"`);
      await reload(page);
      await page.waitForSelector(`small >> text="${BROKE_OFF}"`);
      await assertStored(page, chatId, 'complete', 'failed');
      await page.click('text=Try again');
      await page.waitForSelector(`main [role=alert] >> text="${BROKE_OFF}"`);
      await assertStored(page, chatId, 'complete', 'failed');
    },

    async 'a message that did not arrive is tried again, and answered once'() {
      const { page, chatId } = await begin();
      await send(page, 'one');
      await answered(page, 'one');
      await page.route('**/api/chat', route => route.abort(), { times: 1 });
      await send(page, 'two');
      await page.waitForSelector('main [role=alert]');
      await page.click('text=Try again');
      await answered(page, 'two');
      await until(
        () => page.$('main [role=alert]'),
        alert => alert === null,
      );
      await assertStored(page, chatId, 'complete', 'complete', 'complete', 'complete');
    },
  };
}
