import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { stored, visit } from './browsing.mjs';
import { readmeLines } from './snippets.mjs';

/** The files of a page with the lines of the README, of which only the address of the server differs. */
export function readme() {
  const lines = readmeLines().replace("'http://127.0.0.1:8080/api/chat'", "'/api/chat'");
  const page = `import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage } from 'ai'
import { createRoot } from 'react-dom/client'

const chatId = location.hash.slice(1)
const { sessionToken: token } = await (await fetch('/api/auth/guest', { method: 'POST' })).json()
const history: UIMessage[] = []

function Page() {
  ${lines}
  const texts = messages.flatMap(({ parts }) => parts.map(part => (part.type === 'text' ? part.text : '')))
  return (
    <main>
      {texts.map((text, i) => text !== '' && <p key={i}>{text}</p>)}
      {error && <p role="alert">{error.message}</p>}
      <button onClick={() => sendMessage({ text: 'hello' })}>Send</button>
      <button onClick={() => regenerate()}>Again</button>
      <button onClick={() => stop()}>Stop</button>
    </main>
  )
}

createRoot(document.getElementById('root')!).render(<Page />)
`;
  return { 'readme-page.tsx': page };
}

export function journeys(browser, at) {
  return {
    async 'the lines of the README ask, and ask again'() {
      const chatId = randomUUID();
      const { page, errors } = await visit(browser, at(chatId));
      await page.click('text="Send"');
      await page.waitForSelector('text="You said: hello"');
      const [, first] = await stored(page, chatId);
      const again = page.waitForResponse('**/api/chat');
      await page.click('text="Again"');
      await (await again).finished();
      await page.waitForSelector('text="You said: hello"');
      const messages = await stored(page, chatId);
      assert.notEqual(messages[1].id, first.id);
      assert.deepStrictEqual(messages.map(({ status }) => status), ['complete', 'complete']);
      assert.deepStrictEqual(errors, []);
    },
  };
}
