/** A thread of an InterpreterPool in Node. */
import { interpreterWork } from './interpreter_work.ts';
import { nodePort } from './node_port.ts';
import { serve } from './worker_loop.ts';

serve(nodePort(), interpreterWork());
