export { freePort } from '../../src/adapters/servers/free-port.ts';
