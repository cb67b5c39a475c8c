/** What is measured: a program that runs one model, in a process or a page of its own, on request. */

/** The first line that a process gets. */
export interface Request {
  /** The path of a .tflite file. */
  readonly model: string;
  readonly kernels: string;
  /** Bytes of each input, in base64. */
  readonly inputs: readonly string[];
}

/** What a contestant answers on the first run. */
export interface FirstAnswer {
  /** Bytes of each output, in base64. */
  readonly outputs: readonly string[];
  /** From before the first import to after the first answer; undefined in a page. */
  readonly startMs?: number;
}

export interface Contestant {
  readonly name: string;
  /** Where it runs: times are compared with requant's in the same place. */
  readonly place: 'native' | 'page';
  /** Loads the model and runs it once. Rejects with what the contestant says where it cannot. */
  start(request: Omit<Request, 'kernels'>): Promise<FirstAnswer>;
  /** Milliseconds of one invoke, as the mean of so many. */
  time(count: number): Promise<number>;
  stop(): Promise<void>;
}
