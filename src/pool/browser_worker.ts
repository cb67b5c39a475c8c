/** A thread of an InterpreterPool in a browser. */
import { interpreterWork } from './interpreter_work.ts';
import { serve } from './worker_loop.ts';

serve(
  {
    listen: (listener) => {
      self.onmessage = ({ data }) => listener(data);
    },
    post: (message, transfer) => self.postMessage(message, transfer),
  },
  interpreterWork(),
);
