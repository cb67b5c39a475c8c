/** Text for LaTeX. */

const SPECIAL: { readonly [character: string]: string } = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  _: '\\_',
  '%': '\\%',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '"': '\\textquotedbl{}',
  '±': '$\\pm$',
  '…': '\\ldots{}',
};

/** Any text, as text: characters that LaTeX's fonts may lack become their code points. Names may break at / and ; */
export function texText(text: string): string {
  return text
    .replace(/[\\{}$&#_%^~<>"±…]|[^ -~]/gu, (c) => SPECIAL[c] ?? `U+${c.codePointAt(0)!.toString(16).toUpperCase()}`)
    .replace(/[/;]/g, '$&\\allowbreak{}');
}
