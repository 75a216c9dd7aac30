import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { guestToken } from '../clients/messages.mjs';

/** Through a proxy that compresses what it may, an answer comes while it is written. */
export function reading(url) {
  async function begin() {
    const headers = {
      authorization: `Bearer ${await guestToken(url)}`,
      'accept-encoding': 'gzip, deflate, br',
      'content-type': 'application/json',
    };
    return { headers, chatId: randomUUID() };
  }

  function ask({ headers, chatId }, words) {
    const body = JSON.stringify({ id: chatId, messages: [{ id: 'm1', role: 'user', content: words }] });
    return fetch(`${url}/api/chat`, { method: 'POST', headers, body });
  }

  /** Counts the pieces in which a stream comes. */
  async function assertInPieces(response) {
    assert.equal(response.status, 200);
    assert.match(response.headers.get('cache-control'), /\bno-transform\b/);
    let pieces = 0;
    let text = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      pieces += 1;
      text += piece;
    }
    assert.match(text, /\[DONE\]\n\n$/);
    assert.ok(pieces > 20, `${pieces} pieces`);
  }

  return {
    async 'the proxy compresses what it may'() {
      const { headers, chatId } = await begin();
      await (await ask({ headers, chatId }, `so ${'long '.repeat(500)}`)).text();
      const response = await fetch(`${url}/api/chats/${chatId}`, { headers });
      assert.equal(response.status, 200);
      assert.notEqual(response.headers.get('content-encoding'), null);
    },

    async 'an answer comes while it is written'() {
      await assertInPieces(await ask(await begin(), 'slowly please'));
    },

    async 'an answer that is read from the middle on comes while it is written'() {
      const { headers, chatId } = await begin();
      const first = await ask({ headers, chatId }, 'slowly please');
      await assertInPieces(await fetch(`${url}/api/chat/${chatId}/stream`, { headers }));
      await first.body.cancel();
    },
  };
}
