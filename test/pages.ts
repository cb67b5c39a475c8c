/** Pages of documentation as tests read them: fenced blocks, what a console block shows, and the types of TypeScript. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root: string = fileURLToPath(new URL('../', import.meta.url));

export interface Block {
  readonly language: string;
  readonly code: string;
  /** Where the code begins in the page. */
  readonly at: number;
}

/** The fenced blocks of a page, in its order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((found) => {
    const [, language, code] = found;
    return { language: language!, code: code!, at: found.index + language!.length + 4 };
  });
}

export interface Command {
  readonly line: string;
  /** What the page says that it prints. */
  readonly output: string;
}

/** A console block: lines that begin with `$ `, and what each prints. */
export function commandsOf({ code }: Block): Command[] {
  return code.split(/^\$ /m).flatMap((part) => {
    if (part === '') return [];
    const end = part.indexOf('\n');
    return [{ line: part.slice(0, end), output: part.slice(end + 1) }];
  });
}

/** A line of its own that stands for lines left out. */
const LEFT_OUT = '…';

/** Whether the text is what the page shows, which may leave lines out. */
export function shows(page: string, text: string): boolean {
  const quote = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const parts = page.split(new RegExp(`^${LEFT_OUT}\n`, 'm')).map(quote);
  return new RegExp(`^${parts.join('(?:.*\n)*')}$`).test(text);
}

/** Whether the lines stand in the text one behind the other, but for what they are indented by; `# …` leaves some out. */
export function isExcerpt(code: string, text: string): boolean {
  const lines = (part: string) => part.split('\n').map((line) => line.trim());
  const all = `\n${lines(text).join('\n')}\n`;
  let from = 0;
  return code.split(/^\s*# …\n/m).every((part) => {
    const found = all.indexOf(`\n${lines(part.trim()).join('\n')}\n`, from);
    from = found + 1;
    return found >= 0;
  });
}

/** What TypeScript has to say about files that import requant. */
export function typeErrors(paths: readonly string[]): string[] {
  const program = ts.createProgram(paths, {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { requant: [join(root, 'src/index.ts')], 'requant/pool': [join(root, 'src/pool/node.ts')] },
  });
  const found = paths.flatMap((path) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** TypeScript as the JavaScript that Node runs. */
export function javaScriptOf(code: string): string {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  return ts.transpileModule(code, { compilerOptions: options }).outputText;
}
