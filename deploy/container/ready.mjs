// Whether the service in this container is ready, for HEALTHCHECK: exit code 0, or 1 with the part that fails.
import { get } from 'node:http';

const TIMEOUT_MS = 4000;
const port = process.env.PALINGENESIS_HTTP__PORT || '7654';

function end(code, words) {
  process.stdout.write(`${words}\n`);
  process.exit(code);
}

get({ host: '127.0.0.1', port, path: '/health/ready', timeout: TIMEOUT_MS }, (answer) => {
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  answer.on('end', () => end(answer.statusCode === 200 ? 0 : 1, text));
})
  .on('timeout', () => end(1, `no answer in ${TIMEOUT_MS} ms`))
  .on('error', ({ message }) => end(1, message));
