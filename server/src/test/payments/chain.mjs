import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import ganache from 'ganache';
import solc from 'solc';
import { createWalletClient, http, publicActions } from 'viem';
import { baseSepolia } from 'viem/chains';

/** Where the real USDC of Base Sepolia is: the only asset on that chain that the stock client pays with. */
export const USDC = '0x036CbD53842c5426634e7929541eC2318f3dCF7e';
const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';

/** A chain of our own in this process that says it is Base Sepolia, with a token of ours at the address of USDC. */
export async function startChain() {
  const provider = ganache.provider({
    logging: { quiet: true },
    chain: { chainId: baseSepolia.id, networkId: baseSepolia.id, hardfork: 'shanghai' },
    wallet: { totalAccounts: 1 },
    // A payment that would fail is refused at once with the token's reason, as it is by a real node.
    miner: { defaultTransactionGasLimit: 'estimate' },
  });
  const [account] = await provider.request({ method: 'eth_accounts', params: [] });
  const { Token, Multicall3 } = await compile('token.sol');
  for (const [address, { evm }] of [[USDC, Token], [MULTICALL3, Multicall3]]) {
    await provider.request({ method: 'evm_setAccountCode', params: [address, `0x${evm.deployedBytecode.object}`] });
  }
  const rpc = await serve(provider);
  const client = createWalletClient({
    account,
    chain: baseSepolia,
    transport: http(rpc, { retryCount: 0 }),
    pollingInterval: 20,
  }).extend(publicActions);
  return { rpc, client, token: { address: USDC, abi: Token.abi } };
}

async function compile(file) {
  const content = await readFile(new URL(file, import.meta.url), 'utf8');
  const settings = {
    evmVersion: 'paris',
    optimizer: { enabled: true },
    outputSelection: { '*': { '*': ['abi', 'evm.deployedBytecode.object'] } },
  };
  const input = { language: 'Solidity', sources: { [file]: { content } }, settings };
  const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input)));
  if (errors.length > 0) {
    throw new Error(errors.map(error => error.formattedMessage).join('\n'));
  }
  return contracts[file];
}

/** JSON-RPC over HTTP: ganache's own server would need 116 MB of native binaries. */
async function serve(provider) {
  const server = createServer(async (request, response) => {
    const { id, method, params } = await json(request);
    const answer = await provider.request({ method, params }).then(
      result => ({ result }),
      ({ code = -32603, message, data }) => ({
        // What real nodes say of a reverted call. Of ganache's code viem makes a wrong parameter.
        error: { code: message.includes(': revert') ? 3 : code, message, data },
      }),
    );
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
  return listen(server);
}

/** Listens on a free port and gives the base URL. */
export function listen(server) {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}
