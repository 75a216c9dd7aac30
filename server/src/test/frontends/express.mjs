// Express with `compression`, and a Chatkeep server behind it: what a client that takes gzip is given.

import compression from 'compression';
import express from 'express';
import http from 'node:http';
import { args, run } from '../clients/cases.mjs';
import { reading } from './reading.mjs';

const [base] = args('base URL of the server');
const app = express();
app.use(compression());
app.use((request, response) => {
  const { method, headers, url } = request;
  const asked = http.request(new URL(url, base), { method, headers }, answered => {
    response.writeHead(answered.statusCode, answered.headers);
    answered.pipe(response);
  });
  response.on('close', () => asked.destroy());
  request.pipe(asked);
});
const proxy = app.listen(0, '127.0.0.1');
await new Promise(resolve => proxy.on('listening', resolve));

await run(reading(`http://127.0.0.1:${proxy.address().port}`));
