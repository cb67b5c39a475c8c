/** A thread that ends in all the ways there are. */
import { parentPort } from 'node:worker_threads';

const jobs = {
  echo: () => parentPort.postMessage({ answer: 'echo' }),
  exit: () => process.exit(3),
  'throw later': () => {
    setTimeout(() => {
      throw new Error('stray');
    });
  },
  'run out of memory': () => {
    for (const all = []; ; ) all.push(new Array(1000).fill({}));
  },
  loop: () => {
    for (;;);
  },
};

parentPort.on('message', (message) => {
  if ('setup' in message) parentPort.postMessage({ answer: 'ready' });
  else jobs[message.job]();
});
