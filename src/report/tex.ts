/** Text and formulas for LaTeX. */

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

const OPERATORS: { readonly [symbol: string]: string } = { '*': '\\cdot', '>=': '\\ge', '<': '<', '=': '=' };

/** A formula as explain writes it: `round(acc * multiplier[o] / 2^31)`. */
export function formulaToTex(formula: string): string {
  const tokens = formula.match(/[A-Za-z_][\w.]*|\d+(?:\.\d+)?(?:e[+-]?\d+)?|>=|\S/g) ?? [];
  let at = 0;
  const group = (close: string): string => {
    let tex = '';
    while (at < tokens.length && tokens[at] !== close) tex += item();
    at++;
    return tex;
  };
  const item = (): string => {
    const token = tokens[at++]!;
    const next = tokens[at];
    if (token === '(') return `(${group(')')})`;
    if (token === '[') return `[${group(']')}]`;
    if (token === '^') return `^{${exponent()}}`;
    if (token === ',') return ',\\, ';
    if (token in OPERATORS) return ` ${OPERATORS[token]} `;
    if (/^\d/.test(token)) return number(token);
    if (!/^[A-Za-z]/.test(token)) return ` ${token} `;
    if (token === 'where') return ' \\text{ where } ';
    if (next === '{') {
      at++;
      return ` \\${token}_{${group('}')}} `;
    }
    if (next === '(') {
      at++;
      const inner = group(')');
      if (token === 'floor') return `\\lfloor ${inner} \\rfloor `;
      return `\\operatorname{${token}}(${inner})`;
    }
    return name(token);
  };
  const exponent = (): string => {
    if (tokens[at] === '(') {
      at++;
      return group(')');
    }
    const sign = tokens[at] === '-' ? tokens[at++]! : '';
    return sign + item();
  };
  return group('').trim();
}

/** 1.5e-7 as a product with a power of ten. */
function number(token: string): string {
  const [digits, power] = token.split('e');
  return power === undefined ? digits! : `${digits} \\cdot 10^{${Number(power)}}`;
}

function name(token: string): string {
  if (token.length === 1) return token;
  return `\\mathit{${token.replaceAll('_', '\\_')}}`;
}
