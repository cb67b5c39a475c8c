/** A thread of `requant verify --jobs`. */
import { nodePort } from '../pool/node_port.ts';
import { serve } from '../pool/worker_loop.ts';
import { type Pair, type VerifyEngine, verifyPair } from './verify_pair.ts';

let options: VerifyEngine;

serve<VerifyEngine, Pair>(nodePort(), {
  setup: (given) => {
    options = given;
    return { answer: undefined, transfer: [] };
  },
  job: (pair) => ({ answer: verifyPair(pair, options), transfer: [] }),
});
