// One paying client, for tests that are not written in JavaScript. `node pay.mjs SCENARIO` reads from its standard
// input {baseUrl, token, payer, chatId, messageId, text, modelId?, tamper?} as JSON, and prints one line of JSON:
// the result, or {"error"} and exit 1 when the client itself gave up.
//
//   v2       pays with @x402/fetch                 {status, headers, body, required, paymentResponse, text}
//   v1       pays with the older x402-fetch        the same
//   unpaid   a plain request                       the same
//   ai       pays below the AI SDK's transport     {message, errors}
//   sign     signs a payment of x402 v2            {header, payload}: the value of PAYMENT-SIGNATURE, and decoded
//   sign-v1  signs a payment of x402 v1            {header, payload}: the value of X-PAYMENT, and decoded

import { json } from 'node:stream/consumers';
import {
  decodePaymentRequiredHeader,
  decodePaymentResponseHeader,
  decodePaymentSignatureHeader,
} from '@x402/core/http';
import { ExactEvmScheme } from '@x402/evm/exact/client';
import { wrapFetchWithPaymentFromConfig, x402Client, x402HTTPClient } from '@x402/fetch';
import { DefaultChatTransport, readUIMessageStream } from 'ai';
import { privateKeyToAccount } from 'viem/accounts';

const NETWORK = 'eip155:84532';

/** What of an offer is changed before it is signed. */
const TAMPERED = {
  nothing: () => ({}),
  amount: ({ amount }) => ({ amount: `${BigInt(amount) - 1n}` }),
  payTo: () => ({ payTo: '0x000000000000000000000000000000000000dEaD' }),
  network: () => ({ network: 'eip155:8453' }),
  expired: () => ({ maxTimeoutSeconds: -60 }),
};

const SCENARIOS = {
  async v2(input) {
    return outcome(await payFetch(input)(...request(input)), 'payment-response');
  },

  async v1(input) {
    const paying = await payFetchV1(input, fetch);
    return outcome(await paying(...request(input)), 'x-payment-response');
  },

  async unpaid(input) {
    return outcome(await fetch(...request(input)));
  },

  async ai(input) {
    const { baseUrl, token, chatId, messageId, text, modelId } = input;
    const transport = new DefaultChatTransport({
      api: `${baseUrl}/api/chat`,
      headers: { authorization: `Bearer ${token}` },
      body: { modelId },
      fetch: payFetch(input),
    });
    const stream = await transport.sendMessages({
      chatId,
      messages: [userMessage(messageId, text)],
      trigger: 'submit-message',
    });
    const errors = [];
    let message = null;
    for await (const read of readUIMessageStream({ stream, onError: error => errors.push(error.message) })) {
      message = read;
    }
    return { message, errors };
  },

  async sign(input) {
    const { tamper = 'nothing' } = input;
    // Without its limits the client signs for any asset of any chain, as a tampered offer needs it.
    const client = new x402HTTPClient(x402Client.fromConfig({ ...schemes('eip155:*', input), spendControls: false }));
    const { headers } = await fetch(...request(input));
    const required = client.getPaymentRequiredResponse(name => headers.get(name));
    const offer = required.accepts.find(({ scheme, network }) => scheme === 'exact' && network === NETWORK);
    const tampered = { ...offer, ...TAMPERED[tamper](offer) };
    const payload = await client.createPaymentPayload({ ...required, accepts: [tampered] });
    if (tamper === 'expired') {
      payload.accepted = offer;
    }
    return signed(client.encodePaymentSignatureHeader(payload)['PAYMENT-SIGNATURE']);
  },

  async 'sign-v1'(input) {
    let header;
    const paying = await payFetchV1(input, async (url, init) => {
      header = init.headers['X-PAYMENT'];
      return header === undefined ? fetch(url, init) : new Response();
    });
    await paying(...request(input));
    return signed(header);
  },
};

function payFetch(input) {
  return wrapFetchWithPaymentFromConfig(fetch, schemes(NETWORK, input));
}

async function payFetchV1({ payer }, send) {
  // It takes as long to load as all the rest.
  const { createSigner, wrapFetchWithPayment } = await import('x402-fetch');
  return wrapFetchWithPayment(send, await createSigner('base-sepolia', payer));
}

function schemes(network, { payer }) {
  return { schemes: [{ network, client: new ExactEvmScheme(privateKeyToAccount(payer)) }] };
}

/** The arguments of `fetch`. */
function request({ baseUrl, token, chatId, messageId, text, modelId }) {
  return [
    `${baseUrl}/api/chat`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id: chatId, message: userMessage(messageId, text), modelId }),
    },
  ];
}

function userMessage(id, text) {
  return { id, role: 'user', parts: [{ type: 'text', text }] };
}

async function outcome(response, receipt) {
  const headers = Object.fromEntries(response.headers);
  const content = await response.text();
  const isStream = /^text\/event-stream\b/.test(headers['content-type']);
  return {
    status: response.status,
    headers,
    body: isStream ? null : parsed(content),
    required: decoded(headers['payment-required'], decodePaymentRequiredHeader),
    paymentResponse: decoded(headers[receipt], decodePaymentResponseHeader),
    text: isStream ? textOf(content) : '',
  };
}

/** The text as it is when it is no JSON. */
function parsed(content) {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

function textOf(events) {
  return [...events.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, chunk]) => JSON.parse(chunk))
    .filter(({ type }) => type === 'text-delta')
    .map(({ delta }) => delta)
    .join('');
}

function decoded(header, decode) {
  return header === undefined ? null : decode(header);
}

function signed(header) {
  return { header, payload: decodePaymentSignatureHeader(header) };
}

try {
  console.log(JSON.stringify(await SCENARIOS[process.argv[2]](await json(process.stdin))));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
  console.error(error);
  process.exit(1);
}
