import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { serverProgram } from '../../support/server-program.ts';

// Behaves at its edges like the service: the flags, the readiness page, a detached private Redis recorded in the data folder,
// which the next start adopts.
const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({ options: { listen: text, data: text, config: text } });
const [host, port] = values.listen.split(':');

const record = `${values.data}/redis.json`;
if (!existsSync(record)) {
  mkdirSync(values.data, { recursive: true });
  const args = ['--port', '0', '--unixsocket', `${values.data}/s`, '--dir', values.data, '--save', ''];
  const redis = spawn(serverProgram('redis'), args, { detached: true, stdio: 'ignore' });
  writeFileSync(record, JSON.stringify({ pid: redis.pid }));
  redis.unref();
}

const server = createServer((request, response) => {
  response.writeHead(request.url === '/-/ready' ? 200 : 404).end(process.env['FIXPOINT_EXAMPLE'] ?? 'unset');
});
server.listen(Number(port), host);
