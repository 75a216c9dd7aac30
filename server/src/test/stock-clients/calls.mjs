import assert from 'node:assert/strict';
import { until } from '../clients/cases.mjs';
import { known, types } from '../clients/messages.mjs';
import { scenes } from './scenes.mjs';

/** Tools that a page runs itself are run once: by the stream that calls them, and by no stream that tells it again. */
export async function journeys(bases, open, version) {
  const { begin, reload, assertShown } = scenes(bases, open, version);
  const { lastAssistantMessageIsCompleteWithToolCalls: whenAllHaveRun } = await import(version);
  // Version 5 forgets that the provider ran a tool, and then takes it for one of the page's that has run.
  const whenProviderRan = version === 'ai-5' ? undefined : whenAllHaveRun;

  /** A page that runs tools, and says which; it goes on by itself when the predicate says so. */
  function spying(options, sendAutomaticallyWhen) {
    const called = [];
    const onToolCall = ({ toolCall }) => void called.push(toolCall.toolCallId);
    return { page: open({ ...options, onToolCall, sendAutomaticallyWhen }), called };
  }

  /** The page when the answer to its question is told again. */
  async function retold({ user, chatId, bases: servers, messages: [question] }, sendAutomaticallyWhen) {
    const { page, called } = spying({ user, chatId, bases: servers, messages: [question] }, sendAutomaticallyWhen);
    await page.edit(question.id, question.parts[0].text);
    return { page, called };
  }

  function tool(page) {
    return page.messages[1].parts.find(part => part.type === 'dynamic-tool');
  }

  return {
    async 'a call that has its result is not run by a page that is reloaded in mid-answer'() {
      const { page } = spying(await begin(), whenProviderRan);
      page.send('look it up');
      await until(
        () => page.messages.at(-1),
        last => last?.role === 'assistant' && tool(page)?.state === 'output-available',
      );
      const called = [];
      const onToolCall = call => void called.push(call);
      const again = await reload(page, { onToolCall, sendAutomaticallyWhen: whenProviderRan });
      await again.resumed();
      await assertShown(again);
      assert.deepStrictEqual(types(again.messages[1]), ['step-start', 'dynamic-tool', 'text']);
      assert.deepStrictEqual([called, again.answers], [[], ['GET 200']]);
    },

    async 'a call that has its result is not run by an answer that is told again'() {
      const { page } = spying(await begin(), whenProviderRan);
      await page.send('look it up');
      await assertShown(page);
      assert.deepStrictEqual(page.answers, ['POST 200']);
      const { page: again, called } = await retold(page, whenProviderRan);
      await assertShown(again);
      assert.deepStrictEqual([called, again.answers], [[], ['POST 200']]);
    },

    async 'a call with arguments that are no JSON is not run, live or told again'() {
      const { page, called } = spying(await begin());
      await page.send('misspell it');
      assert.equal(tool(page).state, 'output-error');
      await assertShown(page);
      const { page: again, called: calledAgain } = await retold(page);
      assert.deepStrictEqual([called, calledAgain], [[], []]);
      assert.deepStrictEqual(known(again.messages[1]), known(page.messages[1]));
      await assertShown(again);
    },

    async 'a call that is cut off is not run, live or told again'() {
      const { page, called } = spying(await begin(), whenAllHaveRun);
      await page.send('cut it off');
      assert.equal(tool(page).state, 'output-error');
      const { page: again, called: calledAgain } = await retold(page, whenAllHaveRun);
      assert.deepStrictEqual([called, calledAgain], [[], []]);
      assert.deepStrictEqual(known(again.messages[1]), known(page.messages[1]));
    },

    async 'a call that waits for the page is run once, and not by a page that is loaded later'() {
      const { page, called } = spying(await begin(), whenAllHaveRun);
      await page.send('call me');
      await assertShown(page);
      assert.deepStrictEqual(called, [tool(page).toolCallId]);
      const late = [];
      const onToolCall = call => void late.push(call);
      const again = await reload(page, { onToolCall, sendAutomaticallyWhen: whenAllHaveRun });
      await again.resumed();
      assert.deepStrictEqual([late, again.answers], [[], ['GET 204']]);
    },
  };
}
