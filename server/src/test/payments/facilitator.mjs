// The real x402 facilitator over a chain of our own. Prints what a test needs to know as one line of JSON, and ends
// when its standard input does, so that it never outlives its parent. `POST /control` makes it fail on demand.

import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorEvmSigner } from '@x402/evm';
import { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import { ExactEvmSchemeV1 } from '@x402/evm/exact/v1/facilitator';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { listen, startChain } from './chain.mjs';

process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const NOT_JSON = '<html>Something is wrong</html>';
const LEAK = 'RPC Request failed. URL: http://SECRET-RPC-ADDRESS:8545';

const { rpc, client, token } = await startChain();
const payers = [newWallet(), newWallet(), newWallet()];
const poor = newWallet();
const payTo = newWallet().address;
for (const { address } of payers) {
  await client.writeContract({ ...token, functionName: 'mint', args: [address, 10_000_000n] });
}

const signer = toFacilitatorEvmSigner({ ...client, address: client.account.address });
const facilitator = new x402Facilitator()
  .register('eip155:84532', new ExactEvmScheme(signer))
  .registerV1('base-sepolia', new ExactEvmSchemeV1(signer));

/** The first success of each payment, by its signature. */
const settled = new Map();

/** What may become of any call, by the name of the mode. */
const MODES = {
  ok: async ({ work, response }) => send(response, 200, await work()),
  async slow({ work, response, delayMs }) {
    const answer = await work();
    await sleep(delayMs);
    send(response, 200, answer);
  },
  down: ({ response }) => response.destroy(),
  rubbish: ({ response }) => send(response, 200, NOT_JSON),
  status500: ({ response }) => send(response, 500, NOT_JSON),
};

const VERIFY_MODES = {
  ...MODES,
  invalid: ({ body, response }) =>
    send(response, 200, {
      isValid: false,
      invalidReason: 'invalid_exact_evm_transaction_simulation_failed',
      invalidMessage: LEAK,
      payer: payerOf(body),
    }),
};

const SETTLE_MODES = {
  ...MODES,
  async 'settle-then-hang'({ work, response, delayMs }) {
    await work();
    if (delayMs != null) {
      await sleep(delayMs);
      response.destroy();
    }
  },
  async 'settle-then-500'({ work, response }) {
    await work();
    send(response, 500, NOT_JSON);
  },
  'settle-twice-success': async ({ work, body, response }) =>
    send(response, 200, settled.get(signatureOf(body)) ?? (await work())),
  invalid: ({ body, response }) =>
    send(response, 200, { ...unsettled(body, 'transaction_failed'), errorMessage: LEAK, transaction: '' }),
  // The real facilitator has sent the transaction by then, and names it.
  pending: ({ body, response }) =>
    send(response, 200, { ...unsettled(body, 'settlement_pending'), transaction: `0x${'ab'.repeat(32)}` }),
};

const PATHS = {
  '/supported': { modes: MODES, work: async () => facilitator.getSupported() },
  '/verify': { modes: VERIFY_MODES, work: body => facilitator.verify(body.paymentPayload, body.paymentRequirements) },
  '/settle': { modes: SETTLE_MODES, work: settle },
};

let faults;
let counts;
let headers;
reset();

const url = await listen(
  createServer((request, response) => {
    handle(request, response).catch(error => send(response, 500, { error: error.message }));
  }),
);
console.log(JSON.stringify({ facilitator: url, rpc, asset: token.address, payTo, payers, poor }));

async function handle(request, response) {
  const { method, url: path } = request;
  const body = method === 'POST' ? await json(request) : undefined;
  if (path === '/control') {
    return method === 'POST' ? control(body, response) : send(response, 200, await report());
  }
  if (!(path in PATHS)) {
    return send(response, 404, { error: `nothing at ${path}` });
  }
  counts[path]++;
  headers[path] = request.headers;
  const { modes, work } = PATHS[path];
  const { mode, delayMs } = fault(path);
  return modes[mode]({ work: () => work(body), body, response, delayMs });
}

function control({ path, mode, delayMs, times, reset: all }, response) {
  if (all) {
    reset();
  } else if (PATHS[path]?.modes[mode] !== undefined) {
    faults[path] = { mode, delayMs, times: times ?? Infinity };
  } else {
    return send(response, 400, { error: `no mode ${mode} of ${path}` });
  }
  return send(response, 200, {});
}

/** What becomes of the next call. */
function fault(path) {
  const { times, ...next } = faults[path] ?? { mode: 'ok' };
  if (times > 1) {
    faults[path].times--;
  } else {
    delete faults[path];
  }
  return next;
}

function reset() {
  faults = {};
  counts = { '/supported': 0, '/verify': 0, '/settle': 0 };
  headers = {};
}

async function report() {
  const transfers = await client.getContractEvents({
    ...token,
    eventName: 'Transfer',
    args: { from: [...payers, poor].map(({ address }) => address), to: payTo },
    fromBlock: 0n,
  });
  const paidTo = await client.readContract({ ...token, functionName: 'balanceOf', args: [payTo] });
  return { ...named(counts), transfers: transfers.length, paidTo: `${paidTo}`, headers: named(headers) };
}

/** By the name of the path instead of the path. */
function named(byPath) {
  return Object.fromEntries(Object.entries(byPath).map(([path, value]) => [path.slice(1), value]));
}

async function settle(body) {
  const answer = await facilitator.settle(body.paymentPayload, body.paymentRequirements);
  if (answer.success) {
    settled.set(signatureOf(body), answer);
  }
  return answer;
}

function unsettled(body, errorReason) {
  return { success: false, errorReason, network: body.paymentRequirements.network, payer: payerOf(body) };
}

function signatureOf({ paymentPayload }) {
  return paymentPayload.payload.signature;
}

function payerOf({ paymentPayload }) {
  return paymentPayload.payload.authorization.from;
}

function newWallet() {
  const privateKey = generatePrivateKey();
  return { address: privateKeyToAccount(privateKey).address, privateKey };
}

function send(response, status, content) {
  const isText = typeof content === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json' });
  response.end(isText ? content : JSON.stringify(content));
}
