// Shows that the facilitator and the clients here do what they say, against a server of a few lines that plays
// Chatkeep's part: `node selftest.mjs`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { json, text } from 'node:stream/consumers';
import test, { after, before, beforeEach } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { listen } from './chain.mjs';

const PRICE = '1000';
const CONTENT = { chatId: 'chat-1', messageId: 'message-1', text: 'Grüße' };

let child;
let setup;
let shop;
let shopUrl;

before(async () => {
  child = run('facilitator.mjs');
  const [line] = await once(createInterface(child.stdout), 'line');
  setup = JSON.parse(line);
  shop = createServer(serve);
  shopUrl = await listen(shop);
});

beforeEach(() => control({ reset: true }));

after(() => {
  child.stdin.end();
  shop.close();
});

test('what the facilitator supports', async () => {
  const { kinds, signers } = await (await fetch(`${setup.facilitator}/supported`)).json();
  assert.deepEqual(kinds, [
    { x402Version: 2, scheme: 'exact', network: 'eip155:84532' },
    { x402Version: 1, scheme: 'exact', network: 'base-sepolia' },
  ]);
  assert.equal(signers['eip155:*'].length, 1);
});

test('unpaid', async () => {
  const { status, headers, body, required } = await pay('unpaid');
  assert.equal(status, 402);
  assert.equal(headers['content-type'], 'application/json');
  assert.deepEqual(body, requiredV1('payment required'));
  assert.deepEqual(required, requiredV2('payment required'));
  assert.deepEqual(counts(await report()), { verify: 0, settle: 0, supported: 0 });
});

for (const version of ['v2', 'v1']) {
  test(`paid with ${version}`, async () => {
    const { transfers, paidTo } = await report();
    const paid = await pay(version);
    assert.equal(paid.status, 200);
    assert.equal(paid.text, CONTENT.text);
    assert.equal(paid.paymentResponse.success, true);
    assert.equal(paid.paymentResponse.payer, setup.payers[0].address);
    const now = await report();
    assert.equal(now.transfers, transfers + 1);
    assert.equal(now.paidTo, `${BigInt(paidTo) + BigInt(PRICE)}`);
    assert.deepEqual(counts(now), { verify: 1, settle: 1, supported: 0 });
    assert.equal(now.headers.settle.authorization, 'Bearer of-the-shop');
  });

  test(`a payer without money is refused with ${version}`, async () => {
    const { status, paymentResponse, required, body } = await pay(version, { payer: setup.poor.privateKey });
    assert.equal(status, 402);
    assert.equal(paymentResponse, null);
    assert.equal(required.error, 'invalid_exact_evm_insufficient_balance');
    assert.equal(body.error, required.error);
  });
}

test("paid below the AI SDK's transport", async () => {
  const { message, errors } = await pay('ai');
  assert.deepEqual(errors, []);
  assert.equal(message.id, 'answer-1');
  assert.deepEqual(message.parts, [{ type: 'text', text: CONTENT.text, state: 'done' }]);
});

test('a client that gives up', async () => {
  const { error } = await pay('ai', { payer: setup.poor.privateKey });
  assert.match(error, /invalid_exact_evm_insufficient_balance/);
});

for (const [scenario, name] of [['sign', 'payment-signature'], ['sign-v1', 'x-payment']]) {
  test(`${scenario} gives a payment that is good once`, async () => {
    const { transfers } = await report();
    const { header } = await pay(scenario);
    assert.deepEqual(counts(await report()), { verify: 0, settle: 0, supported: 0 });
    assert.equal((await buy({ [name]: header })).status, 200);
    const again = await buy({ [name]: header });
    assert.equal(again.status, 402);
    assert.equal((await again.json()).error, 'invalid_exact_evm_nonce_already_used');
    assert.equal((await report()).transfers, transfers + 1);
  });
}

for (const [tamper, field] of [['amount', 'value'], ['payTo', 'to']]) {
  test(`a tampered ${tamper} is signed correctly, and refused`, async () => {
    const { header, payload } = await pay('sign', { tamper });
    assert.notEqual(payload.accepted[tamper], offerV2()[tamper]);
    assert.equal(payload.payload.authorization[field], payload.accepted[tamper]);
    assert.equal((await verify(payload, payload.accepted)).isValid, true);
    assert.equal((await verify(payload, offerV2())).isValid, false);
    assert.equal((await buy({ 'payment-signature': header })).status, 402);
  });
}

test('a tampered network is refused', async () => {
  const { header, payload } = await pay('sign', { tamper: 'network' });
  assert.deepEqual(payload.accepted, { ...offerV2(), network: 'eip155:8453' });
  assert.equal((await verify(payload, offerV2())).invalidReason, 'invalid_exact_evm_network_mismatch');
  assert.equal((await buy({ 'payment-signature': header })).status, 402);
});

test('an expired payment is signed correctly, and refused', async () => {
  const { payload } = await pay('sign', { tamper: 'expired' });
  assert.deepEqual(payload.accepted, offerV2());
  const { invalidReason } = await verify(payload, offerV2());
  assert.equal(invalidReason, 'invalid_exact_evm_payload_authorization_valid_before');
});

test('faults of any path', async () => {
  const { payload } = await pay('sign');
  for (const path of ['/supported', '/verify']) {
    const ask = () => call(path, path === '/verify' ? { payload } : {});
    await control({ path, mode: 'down' });
    await assert.rejects(ask, TypeError);
    await control({ path, mode: 'rubbish' });
    const rubbish = await ask();
    assert.equal(rubbish.status, 200);
    await assert.rejects(rubbish.json(), SyntaxError);
    await control({ path, mode: 'status500', times: 2 });
    assert.equal((await ask()).status, 500);
    assert.equal((await ask()).status, 500);
    assert.equal((await ask()).status, 200, 'the fault is over');
    await control({ path, mode: 'slow', delayMs: 300 });
    const start = performance.now();
    assert.equal((await ask()).status, 200);
    assert.ok(performance.now() - start >= 299);
    await control({ path, mode: 'ok' });
    assert.equal((await ask()).status, 200);
    assert.equal((await report())[path.slice(1)], 7);
  }
});

test('invalid', async () => {
  const { payload } = await pay('sign');
  await control({ path: '/verify', mode: 'invalid' });
  const { isValid, invalidMessage, payer } = await verify(payload, offerV2());
  assert.equal(isValid, false);
  assert.match(invalidMessage, /SECRET-RPC-ADDRESS/);
  assert.equal(payer, setup.payers[0].address);
  await assertUnsettled('invalid', payload, 'transaction_failed');
});

test('pending', async () => {
  await assertUnsettled('pending', (await pay('sign')).payload, 'settlement_pending');
});

test('settle-then-hang', async () => {
  const { payload } = await pay('sign');
  await control({ path: '/settle', mode: 'settle-then-hang', delayMs: 200, times: 1 });
  await assertSettles(() => assert.rejects(call('/settle', { payload }), TypeError));
  const { success, errorReason } = await (await call('/settle', { payload })).json();
  assert.equal(success, false);
  assert.equal(errorReason, 'invalid_exact_evm_nonce_already_used');
});

test('settle-then-500, and then settle-twice-success', async () => {
  const { payload } = await pay('sign');
  await control({ path: '/settle', mode: 'settle-then-500' });
  await assertSettles(async () => assert.equal((await call('/settle', { payload })).status, 500));
  await control({ path: '/settle', mode: 'settle-twice-success' });
  const first = await (await call('/settle', { payload })).json();
  assert.equal(first.success, true);
  assert.deepEqual(await (await call('/settle', { payload })).json(), first);
});

test('a fault that does not exist', async () => {
  assert.equal((await control({ path: '/verify', mode: 'pending' })).status, 400);
});

test('settling one payment twice at once moves money once', async () => {
  const { payload } = await pay('sign');
  await assertSettles(async () => {
    const answers = await Promise.all([1, 2].map(async () => (await call('/settle', { payload })).json()));
    assert.deepEqual(answers.map(({ success }) => success).sort(), [false, true]);
  });
});

test('the facilitator ends with its parent', async () => {
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

async function assertUnsettled(mode, payload, reason) {
  const { transfers } = await report();
  await control({ path: '/settle', mode });
  const { success, errorReason } = await (await call('/settle', { payload })).json();
  assert.equal(success, false);
  assert.equal(errorReason, reason);
  assert.equal((await report()).transfers, transfers);
}

async function assertSettles(action) {
  const { transfers } = await report();
  await action();
  assert.equal((await report()).transfers, transfers + 1);
}

function run(program, ...words) {
  const file = new URL(program, import.meta.url).pathname;
  return spawn(process.execPath, [file, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function pay(scenario, input) {
  const client = run('pay.mjs', scenario);
  const payer = setup.payers[0].privateKey;
  client.stdin.end(JSON.stringify({ baseUrl: shopUrl, token: 'of-the-user', payer, ...CONTENT, ...input }));
  return JSON.parse(await text(client.stdout));
}

function buy(headers) {
  const body = JSON.stringify({ message: { parts: [{ text: CONTENT.text }] } });
  const all = { authorization: 'Bearer of-the-user', ...headers };
  return fetch(`${shopUrl}/api/chat`, { method: 'POST', headers: all, body });
}

/** Calls the facilitator as the shop does. */
function call(path, { payload, offer = offerV2() }) {
  if (path === '/supported') {
    return fetch(`${setup.facilitator}${path}`);
  }
  const { x402Version } = payload;
  return fetch(`${setup.facilitator}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer of-the-shop', 'content-type': 'application/json' },
    body: JSON.stringify({ x402Version, paymentPayload: payload, paymentRequirements: offer }),
  });
}

async function verify(payload, offer) {
  return (await call('/verify', { payload, offer })).json();
}

function control(body) {
  return fetch(`${setup.facilitator}/control`, { method: 'POST', body: JSON.stringify(body) });
}

async function report() {
  return (await fetch(`${setup.facilitator}/control`)).json();
}

function counts({ verify, settle, supported }) {
  return { verify, settle, supported };
}

async function serve(request, response) {
  const { id, message, messages } = await json(request);
  assert.equal(request.headers.authorization, 'Bearer of-the-user');
  const isV1 = 'x-payment' in request.headers;
  const header = request.headers[isV1 ? 'x-payment' : 'payment-signature'];
  if (header === undefined) {
    return refuse(response, 'payment required');
  }
  const payload = JSON.parse(Buffer.from(header, 'base64').toString());
  const offer = isV1 ? offerV1() : offerV2();
  if (!isV1 && !isDeepStrictEqual(payload.accepted, offer)) {
    return refuse(response, 'another offer');
  }
  const { isValid, invalidReason } = await verify(payload, offer);
  if (!isValid) {
    return refuse(response, invalidReason);
  }
  const receipt = await (await call('/settle', { payload, offer })).json();
  if (!receipt.success) {
    return refuse(response, receipt.errorReason);
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    [isV1 ? 'x-payment-response' : 'payment-response']: encoded(receipt),
  });
  const words = (message ?? messages.at(-1)).parts[0].text;
  for (const chunk of [
    { type: 'start', messageId: 'answer-1' },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: words.slice(0, 2) },
    { type: 'text-delta', id: 't', delta: words.slice(2) },
    { type: 'text-end', id: 't' },
    { type: 'finish' },
  ]) {
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

function refuse(response, error) {
  response.writeHead(402, { 'content-type': 'application/json', 'payment-required': encoded(requiredV2(error)) });
  response.end(JSON.stringify(requiredV1(error)));
}

function requiredV2(error) {
  const resource = { url: `${shopUrl}/api/chat`, description: 'one answer', mimeType: 'text/event-stream' };
  return { x402Version: 2, error, resource, accepts: [offerV2()] };
}

function requiredV1(error) {
  return { x402Version: 1, error, accepts: [offerV1()], title: 'a key that x402 does not know' };
}

function offerV2() {
  const { asset, payTo } = setup;
  const extra = { name: 'USDC', version: '2' };
  return { scheme: 'exact', network: 'eip155:84532', amount: PRICE, asset, payTo, maxTimeoutSeconds: 300, extra };
}

function offerV1() {
  const { amount, ...same } = offerV2();
  const resource = `${shopUrl}/api/chat`;
  const more = { resource, description: 'one answer', mimeType: 'text/event-stream' };
  return { ...same, network: 'base-sepolia', maxAmountRequired: amount, ...more };
}

function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}
