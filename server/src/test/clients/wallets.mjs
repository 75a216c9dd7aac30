// Wallets as people have them: a Solana keypair with the wallet standard's own message, and viem's SIWE.

import assert from 'node:assert/strict';
import { createSignInMessageText } from '@solana/wallet-standard-util';
import bs58 from 'bs58';
import nacl from 'tweetnacl';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import { args, run } from './cases.mjs';

const [base] = args('base URL of the server');
const domain = 'app.example.com';
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

async function call(method, path, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const login = (body, token) => call('POST', '/api/auth/login', body, token);

async function fields(changes = {}) {
  const { status, body } = await call('POST', '/api/auth/nonce');
  assert.equal(status, 200, JSON.stringify(body));
  return {
    domain,
    uri: `https://${domain}/login`,
    version: '1',
    statement: 'Sign in to chat',
    nonce: body.nonce,
    issuedAt: body.issuedAt,
    expirationTime: body.expirationTime,
    ...changes,
  };
}

/** A Solana wallet; `sign` is what its owner confirms. */
function solana(keys = nacl.sign.keyPair()) {
  const address = bs58.encode(keys.publicKey);
  return {
    chain: 'solana',
    address,
    sign: text => bs58.encode(nacl.sign.detached(Buffer.from(text), keys.secretKey)),
    async message(changes) {
      return createSignInMessageText(await fields({ address, chainId: 'solana:mainnet', ...changes }));
    },
  };
}

function ethereum() {
  const account = privateKeyToAccount(generatePrivateKey());
  return {
    chain: 'eip155',
    address: account.address,
    sign: message => account.signMessage({ message }),
    async message(changes) {
      const { issuedAt, expirationTime, notBefore, ...rest } = await fields(changes);
      return createSiweMessage({
        chainId: 8453,
        address: account.address,
        ...rest,
        issuedAt: new Date(issuedAt),
        expirationTime: expirationTime && new Date(expirationTime),
        notBefore: notBefore && new Date(notBefore),
      });
    },
  };
}

async function proof(wallet, changes) {
  const message = await wallet.message(changes);
  return { chain: wallet.chain, message, signature: await wallet.sign(message) };
}

async function signedIn(body, token) {
  const answer = await login(body, token);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function assertRefused(body, why) {
  const { status, body: problem } = await login(body);
  assert.equal(status, 401, `${why}: ${JSON.stringify(problem)}`);
  assert.equal(problem.code, 'sign_in_refused', why);
  assert.equal(problem.error, 'This does not sign anyone in. Begin anew.', why);
}

const inSeconds = seconds => new Date(Date.now() + seconds * 1000).toISOString();
const kinds = { solana, ethereum };

const cases = {
  async 'a Solana wallet that writes the message itself, and answers bytes, signs in'() {
    const wallet = solana();
    const message = await wallet.message({ statement: undefined, resources: [`https://${domain}/terms`] });
    const signature = Buffer.from(bs58.decode(wallet.sign(message))).toString('base64');
    await signedIn({ chain: 'solana', signedMessage: Buffer.from(message).toString('base64'), signature });
  },

  async 'an address in another case is another key'() {
    const wallet = solana();
    const message = await wallet.message();
    for (const other of [wallet.address.toLowerCase(), wallet.address.toUpperCase(), ` ${wallet.address}`]) {
      const changed = message.replace(wallet.address, other);
      await assertRefused({ chain: 'solana', message: changed, signature: wallet.sign(changed) }, other);
    }
    assert.equal((await signedIn({ chain: 'solana', message, signature: wallet.sign(message) })).success, true);
  },

  async 'a key of small order, for which anyone can forge, is refused'() {
    const identity = Buffer.alloc(32);
    identity[0] = 1;
    const order8 = Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex');
    const signed = Buffer.from(order8);
    signed[31] |= 0x80;
    const beyond = Buffer.from(identity.map(() => 0xff)).fill(0xee, 0, 1);
    beyond[31] = 0x7f; // p + 1, another way to write 1
    const forged = bs58.encode(Buffer.concat([identity, Buffer.alloc(32)]));
    for (const key of [identity, order8, signed, beyond, Buffer.alloc(32)]) {
      const address = bs58.encode(key);
      // The signature holds for one message in eight at least, whatever the order.
      for (let i = 0; i < 10; i++) {
        const message = await solana().message({ address });
        await assertRefused({ chain: 'solana', message, signature: forged }, key.toString('hex'));
      }
    }
  },

  async 'the high one of the two signatures of an Ethereum key is refused'() {
    const { chain, message, signature } = await proof(ethereum());
    const s = BigInt(`0x${signature.slice(66, 130)}`);
    const v = signature.endsWith('1b') ? '1c' : '1b';
    const high = signature.slice(0, 66) + (ORDER - s).toString(16).padStart(64, '0') + v;
    await assertRefused({ chain, message, signature: high }, 'high S');
    await signedIn({ chain, message, signature });
  },

  async 'an Ethereum address is one account in any case, and its checksum counts'() {
    const wallet = ethereum();
    const { user } = await signedIn(await proof(wallet));
    const message = (await wallet.message()).replace(wallet.address, wallet.address.toLowerCase());
    const again = await signedIn({ chain: 'eip155', message, signature: await wallet.sign(message) });
    assert.equal(again.user.id, user.id);
    const swapped = wallet.address.replace(/[a-f]/i, c => (c < 'a' ? c.toLowerCase() : c.toUpperCase()));
    const wrong = (await wallet.message()).replace(wallet.address, swapped);
    await assertRefused({ chain: 'eip155', message: wrong, signature: await wallet.sign(wrong) }, 'checksum');
    const { body } = await call('GET', '/api/auth/wallets', undefined, again.sessionToken);
    assert.deepStrictEqual(body.wallets.map(w => w.address), [wallet.address.toLowerCase()]);
  },

  async 'a user has several wallets, each of one user only, and keeps one way in'() {
    const [first, second] = [solana(), ethereum()];
    const { sessionToken, user } = await signedIn(await proof(first));
    const added = await call('POST', '/api/auth/wallets', await proof(second), sessionToken);
    assert.equal(added.status, 200, JSON.stringify(added.body));
    assert.deepStrictEqual(added.body.wallets.map(w => w.chain), ['solana', 'eip155']);
    assert.equal((await signedIn(await proof(second))).user.id, user.id);

    const other = await signedIn(await proof(solana()));
    const taken = await call('POST', '/api/auth/wallets', await proof(second), other.sessionToken);
    assert.equal(taken.body.code, 'wallet_taken');
    const foreign = await call('DELETE', `/api/auth/wallets/solana/${first.address}`, undefined, other.sessionToken);
    assert.equal(foreign.body.code, 'wallet_not_found');

    const removed = await call('DELETE', `/api/auth/wallets/solana/${first.address}`, undefined, sessionToken);
    assert.deepStrictEqual(removed.body.wallets.map(w => w.address), [second.address.toLowerCase()]);
    const last = await call('DELETE', `/api/auth/wallets/eip155/${second.address}`, undefined, sessionToken);
    assert.equal(last.body.code, 'last_identity');
    assert.notEqual((await signedIn(await proof(first))).user.id, user.id);
  },

  async 'a guest keeps what they have when their wallet signs in'() {
    const guest = await call('POST', '/api/auth/guest');
    const wallet = solana();
    const { user } = await signedIn(await proof(wallet), guest.body.sessionToken);
    assert.equal(user.id, guest.body.user.id);
    assert.equal(user.isGuest, false);
  },
};

for (const [name, make] of Object.entries(kinds)) {
  Object.assign(cases, {
    async [`${name}: the first sign-in makes a user, the next finds them`]() {
      const wallet = make();
      const first = await signedIn(await proof(wallet));
      const again = await signedIn(await proof(wallet));
      assert.equal(again.user.id, first.user.id);
      assert.notEqual(again.sessionToken, first.sessionToken);
    },

    async [`${name}: a signature is good once, also of twenty at the same time`]() {
      const body = await proof(make());
      const answers = await Promise.all(Array.from({ length: 20 }, () => login(body)));
      assert.deepStrictEqual(answers.map(answer => answer.status).sort(), [200, ...Array(19).fill(401)]);
      await assertRefused(body, 'replayed');
    },

    async [`${name}: whatever is wrong with a message, the answer is the same`]() {
      const wrong = {
        'another domain': { domain: 'evil.example.com' },
        'another URI': { uri: 'https://evil.example.com/login' },
        'no TLS': { uri: `http://${domain}/login` },
        expired: { expirationTime: inSeconds(-45) },
        'not valid yet': { notBefore: inSeconds(60) },
        'from the future': { issuedAt: inSeconds(45) },
        'too old': { issuedAt: inSeconds(-345) },
        'a nonce of nobody': { nonce: 'abcdefgh12345678' },
      };
      for (const [why, changes] of Object.entries(wrong)) {
        await assertRefused(await proof(make(), changes), why);
      }
      // A client's clock may be off by 30 seconds.
      await signedIn(await proof(make(), { issuedAt: inSeconds(15), notBefore: inSeconds(15) }));
      await signedIn(await proof(make(), { expirationTime: inSeconds(-15) }));
    },

    async [`${name}: a byte that was changed, or another's signature, is refused, and the nonce stays good`]() {
      const wallet = make();
      const body = await proof(wallet);
      await assertRefused({ ...body, message: body.message.replace('Sign in', 'Sign  in') }, 'tampered');
      await assertRefused({ ...body, message: `${body.message}\n` }, 'longer');
      await assertRefused({ ...body, signature: await make().sign(body.message) }, 'of another key');
      await assertRefused({ ...body, chain: wallet.chain === 'solana' ? 'eip155' : 'solana' }, 'another chain');
      await assertRefused({ ...body, signature: 'x' }, 'no signature');
      await signedIn(body);
    },

    async [`${name}: neither the message nor its signature is a token`]() {
      const body = await proof(make());
      for (const token of [body.signature, Buffer.from(body.message).toString('base64')]) {
        assert.equal((await call('GET', '/api/chats', undefined, token)).status, 401);
      }
      await signedIn(body);
    },
  });
}

await run(cases);
