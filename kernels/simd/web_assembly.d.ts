/** What module.ts uses of the engine, in Node as in browsers. TypeScript has these types with those of the DOM alone. */

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    constructor(descriptor: { initial: number });
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports?: { env: { memory: Memory } });
    readonly exports: Exports;
  }
  type Exports = { readonly [name: string]: unknown };
}

declare function atob(base64: string): string;
