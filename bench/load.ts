import autocannon from 'autocannon';

/** Run as a process of its own: posts the body in argv for some seconds over 32 connections, prints requests a second and refusals. */
const [url = '', seconds = '1', body = '', token = ''] = process.argv.slice(2);
const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
const result = await autocannon({ url, method: 'POST', headers, body, connections: 32, duration: Number(seconds) });
process.stdout.write(JSON.stringify({ rate: result.requests.average, refused: result.non2xx + result.errors }));
