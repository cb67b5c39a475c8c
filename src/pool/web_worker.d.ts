/** What the pool uses of browsers. TypeScript has these types with those of the DOM alone. */

declare class Worker {
  constructor(url: URL, options: { type: 'module' });
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  terminate(): void;
  onmessage: (event: { readonly data: unknown }) => void;
  onmessageerror: () => void;
  onerror: (event: { readonly message?: string }) => void;
}

declare const navigator: { readonly hardwareConcurrency?: number };

/** In a worker: itself. */
declare const self: {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  onmessage: (event: { readonly data: unknown }) => void;
};
