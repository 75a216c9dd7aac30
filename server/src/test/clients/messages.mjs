// What both sides know of a message, whichever version of a client reads it.

import assert from 'node:assert/strict';

/** The session token of a new guest. */
export async function guestToken(base) {
  const response = await fetch(`${base}/api/auth/guest`, { method: 'POST' });
  const body = await response.text();
  assert.equal(response.status, 200, `signing in as a guest: ${response.status} ${body}`);
  return JSON.parse(body).sessionToken;
}

/** What the store holds of a chat. */
export async function storedMessages(base, headers, chatId) {
  const response = await fetch(`${base}/api/chats/${chatId}`, { headers });
  const body = await response.text();
  assert.equal(response.status, 200, `reading the chat back: ${response.status} ${body}`);
  const { messages, pagination } = JSON.parse(body);
  assert.equal(pagination.total, messages.length, 'the total of the page');
  return messages;
}

export function text(value) {
  return { type: 'text', text: value };
}

/**
 * What of a message both sides know; keys that are `undefined` do not exist in JSON. How an answer ended is told in a
 * stream's metadata, and beside the metadata of a stored message.
 */
export function known({ id, role, parts, metadata }) {
  const { status, error, ...kept } = metadata ?? {};
  return JSON.parse(JSON.stringify({ id, role, parts, metadata: metadata && kept }));
}

/** The client's message and the stored one are the same, field by field. */
export function assertSame(stored, message, what) {
  assert.deepStrictEqual(known(stored), known(message), `${what}: stored (actual) and client (expected) differ`);
}

export function types(message) {
  return message.parts.map(part => part.type);
}

/** All text of one kind of part, `text` or `reasoning`. */
export function textOf(message, type = 'text') {
  return message.parts.filter(part => part.type === type).map(part => part.text).join('');
}
