import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Stands in for a service that lets its secrets out, by the ways that LEAKS names: what watches over the real one has to see each of them. */
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { listen: { type: 'string' }, data: { type: 'string' }, config: { type: 'string' }, redis: { type: 'string' } },
});
const { LEAKS: leak = '', FIXPOINT_TOKEN: token = '', OWN_SECRET: own = '' } = process.env;
const secret = leak.startsWith('own ') ? own : token;
const data = values.data ?? '';
const port = Number(values.listen?.split(':')[1]);

mkdirSync(join(data, 'deep'), { recursive: true });
switch (leak.replace(/^own /, '')) {
  case 'log':
    process.stdout.write(`{"msg":"starting","token":"${secret}"}\n`);
    break;
  case 'error':
    process.stderr.write(`Error: cannot use ${secret}\n`);
    break;
  case 'two pieces':
    process.stdout.write(secret.slice(0, 20));
    setTimeout(() => process.stdout.write(secret.slice(20)), 50);
    break;
  case 'file':
    writeFileSync(join(data, 'deep', 'journal.db'), Buffer.concat([Buffer.from([0, 255, 3]), Buffer.from(secret), Buffer.from([0])]));
    break;
  case 'base64 file':
    writeFileSync(join(data, 'record.json'), JSON.stringify({ header: `Basic ${Buffer.from(`user:${secret}`).toString('base64')}` }));
    break;
}

createServer((request, response) => {
  if (request.url === '/-/ready') return response.end('ready');
  switch (leak) {
    case 'answer':
      return response.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ detail: `no ${secret}` }));
    case 'header':
      return response.writeHead(302, { location: `/?token=${secret}` }).end();
    case 'set header':
      return response.setHeader('x-token', secret).end('hello');
    case 'stream':
      response.write('data: one\n\n');
      return response.end(Buffer.from(`data: ${secret}\n\n`));
    default:
      return response.end('hello');
  }
}).listen(port, '127.0.0.1');
